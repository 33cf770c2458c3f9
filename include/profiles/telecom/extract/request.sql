-- The answer is delivered only when it was given by the settle day; later answers stay out.
SELECT
    req_no::text AS request_id,
    subs_id::text AS customer_id,
    (req_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE req_cd
        WHEN 'R1' THEN 'relocation' WHEN 'R2' THEN 'new_line' WHEN 'R3' THEN 'bandwidth' WHEN 'R4' THEN 'special_tariff'
        ELSE 'unknown_' || req_cd
    END AS kind,
    CASE WHEN (result_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until THEN
        CASE result_cd WHEN 'Y' THEN 'met' WHEN 'N' THEN 'cannot_be_met' END
    END AS outcome,
    CASE WHEN (result_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
        THEN (result_tm AT TIME ZONE 'Asia/Shanghai')::date
    END AS outcome_known_date
FROM boss.biz_request
WHERE req_tm >= $month_start_at AND req_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
