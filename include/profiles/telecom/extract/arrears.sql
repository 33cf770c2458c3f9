SELECT
    subs_id::text AS customer_id,
    snap_dt AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    round(owe_fen / 100.0, 2)::double precision AS arrears_cny,
    owe_days::bigint AS overdue_days
FROM boss.owe_snap
WHERE snap_dt = $as_of - 1
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
