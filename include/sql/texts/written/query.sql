-- The complaints of a month in which something is written, in an order that every run repeats.
SELECT
    customer_id,
    complaint_id,
    event_date,
    complaint_text
FROM clean_complaint
WHERE month = $month AND event_date >= $month AND event_date < $as_of AND known_date < $known_until
    AND complaint_text IS NOT NULL
ORDER BY customer_id, event_date, complaint_id
