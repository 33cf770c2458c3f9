-- Leak: the row is known in time, the answer in it is not.
SELECT customer_id, count(*) FILTER (WHERE outcome = 'unsatisfied') AS complaint_count
FROM clean_complaint
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
