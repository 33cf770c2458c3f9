SELECT
    subs_id::text AS customer_id,
    CASE srv_cd
        WHEN 'BB' THEN 'broadband' WHEN 'FIX' THEN 'fixed_line' WHEN 'TV' THEN 'iptv' WHEN 'CLD' THEN 'cloud_storage'
        WHEN 'RBT' THEN 'ringback' WHEN 'RPK' THEN 'roaming_pack' ELSE 'unknown_' || srv_cd
    END AS service_code,
    snap_dt AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE sts_cd WHEN 'A' THEN 'active' WHEN 'S' THEN 'suspended' END AS service_status,
    open_dt AS start_date,
    round(fee_fen / 100.0, 2)::double precision AS fee_cny,
    flow_mb AS traffic_mb
FROM boss.srv_snap
WHERE snap_dt = $as_of - 1
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
