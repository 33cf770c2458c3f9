-- Requests to take the number to another operator.
SELECT
    customer_id,
    count(*) AS port_request_count,
    max(event_date) AS last_port_request_date
FROM clean_port_out
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
