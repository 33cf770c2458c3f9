-- The parent table reaches every month's table; its bounds let PostgreSQL read the one of this month alone.
SELECT
    rec_no::text AS cdr_id,
    subs_id::text AS customer_id,
    start_tm AT TIME ZONE 'Asia/Shanghai' AS event_at,
    (start_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (load_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE biz_typ WHEN '10' THEN 'voice' WHEN '20' THEN 'sms' WHEN '21' THEN 'mms' WHEN '30' THEN 'data'
        ELSE 'unknown_' || biz_typ
    END AS kind,
    CASE call_dir WHEN '0' THEN 'out' WHEN '1' THEN 'in' END AS direction,
    opp_msisdn AS peer_number,
    CASE opp_net WHEN '01' THEN 'own' WHEN '02' THEN 'mobile_a' WHEN '03' THEN 'mobile_b' WHEN '09' THEN 'fixed' END
        AS peer_operator,
    CASE
        WHEN biz_typ = '30' THEN NULL
        WHEN opp_msisdn = '10086' THEN 'own_hotline'
        WHEN opp_msisdn IN ('10010', '10000') THEN 'competitor_hotline'
        WHEN length(opp_msisdn) = 5 AND opp_msisdn LIKE '95%' THEN 'business'
        ELSE 'person'
    END AS peer_kind,
    roam_flag = '1' AS is_roaming,
    toll_flag = '1' AS is_long_distance,
    CASE WHEN acc_code = '17909' THEN 'other' WHEN toll_flag = '1' THEN 'own' END AS carrier,
    dur_s AS duration_s,
    vol_kb AS volume_kb,
    round(fee_fen / 100.0, 2)::double precision AS charge_cny
FROM boss.cdr
WHERE start_tm >= $month_start_at AND start_tm < $as_of_at
    AND (load_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
