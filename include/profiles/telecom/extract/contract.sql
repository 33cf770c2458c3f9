-- Agreements signed before the end of the month that still ran in it.
SELECT
    agr_no::text AS contract_id,
    subs_id::text AS customer_id,
    (sign_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE agr_typ WHEN '01' THEN 'handset_subsidy' WHEN '02' THEN 'fee_discount' WHEN '03' THEN 'broadband_bundle' END
        AS contract_type,
    beg_dt AS start_date,
    end_dt AS end_date,
    round(min_fen / 100.0, 2)::double precision AS commitment_cny,
    round(penal_fen / 100.0, 2)::double precision AS penalty_cny
FROM boss.agr_info
WHERE (sign_tm AT TIME ZONE 'Asia/Shanghai')::date < $as_of
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
    AND end_dt >= $month
