-- The decision is delivered only when it was taken by the settle day; later answers stay out.
SELECT
    offer_no::text AS offer_id,
    subs_id::text AS customer_id,
    (offer_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    camp_id AS campaign_id,
    CASE chnl_cd WHEN 'C' THEN 'call' WHEN 'M' THEN 'sms' WHEN 'A' THEN 'app' WHEN 'S' THEN 'shop' END AS channel,
    round(disc_fen / 100.0, 2)::double precision AS discount_cny,
    CASE WHEN (reply_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until THEN reply_cd = 'Y' END AS accepted,
    CASE WHEN (reply_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
        THEN (reply_tm AT TIME ZONE 'Asia/Shanghai')::date
    END AS accepted_known_date
FROM boss.mkt_offer
WHERE offer_tm >= $month_start_at AND offer_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
