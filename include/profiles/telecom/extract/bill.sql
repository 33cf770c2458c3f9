SELECT
    bill_no::text AS bill_id,
    subs_id::text AS customer_id,
    to_date(cycle_id::text || '01', 'YYYYMMDD') AS event_date,
    (gen_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE item_cd
        WHEN '1001' THEN 'plan_fee' WHEN '2001' THEN 'voice' WHEN '2002' THEN 'sms' WHEN '2003' THEN 'mms'
        WHEN '2004' THEN 'data' WHEN '2005' THEN 'roaming' WHEN '3001' THEN 'value_added' WHEN '4001' THEN 'broadband'
        WHEN '9001' THEN 'discount' ELSE 'unknown_' || item_cd
    END AS item_code,
    round(amt_fen / 100.0, 2)::double precision AS amount_cny,
    NULL::text AS cancels_bill_id
FROM boss.bill_item
WHERE cycle_id = to_char($month, 'YYYYMM')::int
    AND (gen_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
