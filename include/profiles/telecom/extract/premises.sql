SELECT
    subs_id::text AS customer_id,
    snap_dt AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    oper_cnt::bigint AS operator_count,
    demol_dt AS demolition_date
FROM boss.site_snap
WHERE snap_dt = $as_of - 1
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
