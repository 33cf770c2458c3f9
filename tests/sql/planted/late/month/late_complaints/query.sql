-- Leak: complaints that were entered after known_until count as well.
SELECT customer_id, count(*) AS complaint_count
FROM clean_complaint
WHERE month = $month AND event_date >= $month AND event_date < $as_of
GROUP BY customer_id
