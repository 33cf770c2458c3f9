-- Leak: <= where < was meant, so the month after is in the sum.
SELECT
    cohort.customer_id,
    sum(made.data_mb) AS future_usage_mb
FROM cohort
LEFT JOIN month_usage AS made
    ON made.customer_id = cohort.customer_id AND made.month >= $observe_start AND made.month <= $as_of
WHERE cohort.month = $month
GROUP BY cohort.customer_id
