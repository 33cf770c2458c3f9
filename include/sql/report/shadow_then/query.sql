-- Customers at risk of an earlier month as the champion and the challenger scored and listed them then.
SELECT
    scored.customer_id,
    scored.churn_score,
    shadow.churn_score AS shadow_score,
    coalesce(listed.customer_id IS NOT NULL, FALSE) AS listed,
    shadow.is_listed AS shadow_listed,
    truth.churned,
    shadow.model_version AS shadow_version
FROM score_churn AS scored
INNER JOIN score_shadow AS shadow
    ON shadow.customer_id = scored.customer_id AND shadow.month = scored.month
INNER JOIN label AS truth
    ON truth.customer_id = scored.customer_id AND truth.month = scored.month
LEFT JOIN out_warning_list AS listed
    ON listed.customer_id = scored.customer_id AND listed.month = scored.month
WHERE scored.month = $month AND NOT (truth.left_early OR coalesce(truth.rotated, FALSE))
ORDER BY scored.customer_id
