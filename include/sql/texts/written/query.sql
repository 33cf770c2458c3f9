-- The complaints of a month in which something is written.
SELECT
    customer_id,
    complaint_id,
    event_date,
    complaint_text
FROM clean_complaint
WHERE month = $month AND event_date >= $month AND event_date < $as_of AND known_date < $known_until
    AND complaint_text IS NOT NULL
