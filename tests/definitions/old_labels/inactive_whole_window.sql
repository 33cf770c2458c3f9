-- Left: active in no month of [predict_start, predict_end). With predict 3 this is "no transaction for 90 days" (C3).
-- A pause during the delay is no leaving here, so left_in_delay is always false.
-- Whose line has a successor (the same person opened another line around the end of this one) as far as the last month
-- of the predict window knew has changed numbers: marked rotated and not churned.
SELECT
    cohort.customer_id,
    active.customer_id IS NULL AND changed_number.customer_id IS NULL AS churned,
    false AS left_in_delay,
    active.customer_id IS NULL AND changed_number.customer_id IS NOT NULL AS rotated
FROM cohort
LEFT JOIN (
    SELECT DISTINCT customer_id
    FROM month_activity
    WHERE month >= $predict_start AND month < $predict_end
        AND is_active
) AS active ON active.customer_id = cohort.customer_id
LEFT JOIN (
    SELECT customer_id
    FROM customer_line
    WHERE month = CAST($predict_end - INTERVAL 1 MONTH AS DATE)
        AND successor_id IS NOT NULL
) AS changed_number ON changed_number.customer_id = cohort.customer_id
WHERE cohort.month = $month
