-- Scores of the months whose truth is in, of who was at risk, with what the calibration had moved them by.
SELECT
    scored.month,
    scored.churn_score,
    coalesce(scored.calibration_shift, 0) AS calibration_shift,
    scored.learnt_share,
    truth.churned
FROM score_churn AS scored
INNER JOIN label AS truth
    ON truth.customer_id = scored.customer_id AND truth.month = scored.month
WHERE scored.month <= $label_month AND NOT (truth.left_early OR coalesce(truth.rotated, FALSE))
ORDER BY scored.month, scored.customer_id
