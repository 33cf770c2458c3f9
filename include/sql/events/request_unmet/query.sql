-- The first month with so many requests that cannot be met, among answers known by then.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(unmet_request_count, month) AS unmet_request_count
FROM month_request
WHERE month >= $since AND month < $predict_end
    AND unmet_request_count >= $requests
GROUP BY customer_id
