-- The outcome is delivered only when the call back was made by the settle day; later answers stay out.
SELECT
    ticket_no::text AS complaint_id,
    subs_id::text AS customer_id,
    (cmplt_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
    (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    CASE cmplt_cd
        WHEN 'C1' THEN 'price' WHEN 'C2' THEN 'network' WHEN 'C3' THEN 'service' WHEN 'C4' THEN 'billing'
        WHEN 'C5' THEN 'porting'
    END AS category,
    CASE chnl_cd WHEN 'H' THEN 'hotline' WHEN 'A' THEN 'app' WHEN 'S' THEN 'shop' WHEN 'R' THEN 'regulator' END AS channel,
    content AS complaint_text,
    CASE WHEN (visit_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until THEN
        CASE result_cd WHEN '1' THEN 'satisfied' WHEN '2' THEN 'reluctant' WHEN '3' THEN 'unsatisfied' END
    END AS outcome,
    CASE WHEN (visit_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
        THEN (visit_tm AT TIME ZONE 'Asia/Shanghai')::date
    END AS outcome_known_date
FROM boss.cmplt_ticket
WHERE cmplt_tm >= $month_start_at AND cmplt_tm < $as_of_at
    AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
