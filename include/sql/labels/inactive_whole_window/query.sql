-- Left: active in no month of [predict_start, predict_end). With predict 3 this is "no transaction for 90 days" (C3).
-- A pause during the delay is no leaving here, so left_in_delay is always false.
SELECT
    cohort.customer_id,
    active.customer_id IS NULL AS churned,
    false AS left_in_delay
FROM cohort
LEFT JOIN (
    SELECT DISTINCT customer_id
    FROM month_activity
    WHERE month >= $predict_start AND month < $predict_end
        AND is_active
) AS active ON active.customer_id = cohort.customer_id
WHERE cohort.month = $month
