SELECT
    topup_no::text AS recharge_id,
    subs_id::text AS customer_id,
    (topup_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    round(amt_fen / 100.0, 2)::double precision AS amount_cny,
    CASE chnl_cd WHEN '01' THEN 'app' WHEN '02' THEN 'card' WHEN '03' THEN 'shop' WHEN '04' THEN 'agent' END AS channel
FROM boss.topup_log
WHERE topup_tm >= $month_start_at AND topup_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
