-- The first month at whose end the line was suspended.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_profile
WHERE month >= $since AND month < $predict_end
    AND service_status = 'suspended'
GROUP BY customer_id
