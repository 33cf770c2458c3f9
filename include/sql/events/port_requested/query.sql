-- The first month with a request to take the number to another operator.
SELECT
    customer_id,
    min(month) AS event_month
FROM month_porting
WHERE month >= $since AND month < $predict_end
    AND port_request_count > 0
GROUP BY customer_id
