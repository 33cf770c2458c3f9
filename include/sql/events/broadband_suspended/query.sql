-- The first month that ends so many months running in which broadband was barred and carried nothing.
WITH idle AS (
    SELECT
        customer_id,
        month,
        lag(month, $months - 1) OVER (PARTITION BY customer_id ORDER BY month) AS first_month
    FROM month_service
    WHERE month < $predict_end AND date_diff('month', month, $since) < $months
        AND is_broadband_suspended = 1
        AND coalesce(broadband_mb, 0) = 0
)

SELECT
    customer_id,
    min(month) AS event_date
FROM idle
WHERE month >= $since AND date_diff('month', first_month, month) = $months - 1
GROUP BY customer_id
