-- Requests for work or a special agreement. That one cannot be met counts only when the answer was known in time.
SELECT
    customer_id,
    count(*) AS request_count,
    count(*) FILTER (WHERE outcome = 'cannot_be_met' AND outcome_known_date < $known_until) AS unmet_request_count,
    count(*) FILTER (
        WHERE kind = 'relocation' AND outcome = 'cannot_be_met' AND outcome_known_date < $known_until
    ) AS unmet_relocation_count
FROM clean_request
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
