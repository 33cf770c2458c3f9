-- Customers at risk of an earlier month as they were scored and listed then, beside what became of them.
SELECT
    scored.customer_id,
    scored.churn_score,
    truth.churned,
    coalesce(listed.customer_id IS NOT NULL, FALSE) AS listed,
    scored.model_name,
    scored.model_version
FROM score_churn AS scored
INNER JOIN label AS truth
    ON truth.customer_id = scored.customer_id AND truth.month = scored.month
LEFT JOIN out_warning_list AS listed
    ON listed.customer_id = scored.customer_id AND listed.month = scored.month
WHERE scored.month = $month AND NOT (truth.left_early OR coalesce(truth.rotated, FALSE))
ORDER BY scored.customer_id
