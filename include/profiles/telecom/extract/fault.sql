-- The repair is delivered only when it was confirmed by the settle day; later answers stay out.
SELECT
    ticket_no::text AS fault_id,
    subs_id::text AS customer_id,
    (report_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE fault_cd
        WHEN 'F1' THEN 'coverage' WHEN 'F2' THEN 'data_slow' WHEN 'F3' THEN 'call_drop' WHEN 'F4' THEN 'broadband'
        WHEN 'F5' THEN 'billing_system'
    END AS category,
    CASE WHEN (fix_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until THEN fix_hours END AS repair_hours,
    CASE WHEN (fix_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
        THEN (fix_tm AT TIME ZONE 'Asia/Shanghai')::date
    END AS repair_known_date
FROM boss.fault_ticket
WHERE report_tm >= $month_start_at AND report_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
