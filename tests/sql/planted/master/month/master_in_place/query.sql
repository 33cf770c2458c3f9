-- Leak: the master as it stands a month later, in rows that still carry their old dates.
SELECT customer_id, arg_max(service_status, (month, event_date, known_date)) AS service_status
FROM clean_customer
WHERE month >= $month AND month <= $as_of AND event_date < $as_of AND known_date < $known_until
GROUP BY customer_id
