-- The first month at whose end the account was known to be closed.
SELECT
    customer_id,
    min(month) AS event_month
FROM month_profile
WHERE month >= $since AND month < $predict_end
    AND has_left
GROUP BY customer_id
