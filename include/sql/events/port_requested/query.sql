-- The request to take the number to another operator: its day in the first month that has one.
SELECT
    customer_id,
    min(coalesce(last_port_request_date, month)) AS event_date
FROM month_porting
WHERE month >= $since AND month < $predict_end
    AND port_request_count > 0
GROUP BY customer_id
