-- Active in no month of [predict_start, predict_end). With predict 3 this is "no transaction for 90 days" (C3).
SELECT
    cohort.customer_id,
    CAST($predict_start AS DATE) AS event_date
FROM cohort
LEFT JOIN (
    SELECT DISTINCT customer_id
    FROM month_activity
    WHERE month >= $predict_start AND month < $predict_end
        AND is_active
) AS active ON active.customer_id = cohort.customer_id
WHERE cohort.month = $month
    AND active.customer_id IS NULL
