SELECT
    np_no::text AS request_id,
    subs_id::text AS customer_id,
    (req_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE to_net WHEN '02' THEN 'mobile_a' WHEN '03' THEN 'mobile_b' END AS target_operator,
    ok_flag = '1' AS is_eligible
FROM boss.np_request
WHERE req_tm >= $month_start_at AND req_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
