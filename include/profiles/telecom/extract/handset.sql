-- Codes that are none are delivered as they stand, for the row rules to find.
SELECT
    subs_id::text AS customer_id,
    snap_dt AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    mfr_nm AS maker,
    model_nm AS model,
    gen_cd::bigint AS network_generation,
    smart_flag = '1' AS is_smartphone,
    sim_cnt > 1 AS is_dual_sim,
    CASE lock_cd WHEN '0' THEN 'none' WHEN '1' THEN 'own' WHEN '2' THEN 'competitor' ELSE 'unknown_' || lock_cd END
        AS locked_to,
    round(price_fen / 100.0, 2)::double precision AS list_price_cny,
    first_dt AS first_used_date
FROM boss.term_snap
WHERE snap_dt = $as_of - 1
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
