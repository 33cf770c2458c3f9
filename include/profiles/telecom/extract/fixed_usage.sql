SELECT
    subs_id::text AS customer_id,
    CASE acc_typ WHEN 'BB' THEN 'broadband' WHEN 'FIX' THEN 'fixed_line' WHEN 'TV' THEN 'iptv' ELSE 'unknown_' || acc_typ
    END AS access_code,
    sum_dt AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    flow_mb::double precision AS traffic_mb,
    round(onl_min / 60.0, 2)::double precision AS online_hours,
    round(call_s / 60.0, 2)::double precision AS call_min,
    act_days::bigint AS active_days
FROM boss.fix_use
WHERE sum_dt = $as_of - 1
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
