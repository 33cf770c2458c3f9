-- Campaigns filed by the settle day that ran at some time of the month.
SELECT
    camp_id AS campaign_id,
    beg_dt AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    camp_nm AS campaign_name,
    CASE camp_typ WHEN '1' THEN 'retention' WHEN '2' THEN 'upsell' WHEN '3' THEN 'acquisition' WHEN '4' THEN 'care' END
        AS campaign_kind,
    end_dt AS end_date,
    round(disc_fen / 100.0, 2)::double precision AS discount_cny,
    round(cost_fen / 100.0, 2)::double precision AS cost_cny
FROM boss.camp_info
WHERE beg_dt < $as_of AND end_dt >= $month
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
