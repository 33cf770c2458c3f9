SELECT
    pay_no::text AS payment_id,
    subs_id::text AS customer_id,
    (pay_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    to_date(cycle_id::text || '01', 'YYYYMMDD') AS billed_month,
    due_dt AS due_date,
    round(amt_fen / 100.0, 2)::double precision AS amount_cny,
    CASE chnl_cd WHEN '01' THEN 'app' WHEN '02' THEN 'bank' WHEN '03' THEN 'shop' WHEN '04' THEN 'agent' END AS channel
FROM boss.pay_log
WHERE pay_tm >= $month_start_at AND pay_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
