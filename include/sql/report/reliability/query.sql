-- The scores of the latest month whose truth was in, in ten groups of equal size from the lowest to the highest: mean score
-- beside the share that left. Who left before the predict window or changed lines is left out. No row where nobody was scored.
WITH judged AS (
    SELECT
        scored.churn_score,
        truth.churned,
        ntile(10) OVER (ORDER BY scored.churn_score, scored.customer_id) AS tenth
    FROM score_churn AS scored
    INNER JOIN label AS truth
        ON truth.customer_id = scored.customer_id AND truth.month = scored.month
    WHERE scored.month = $label_month AND NOT (truth.left_early OR coalesce(truth.rotated, FALSE))
)

SELECT
    tenth,
    count(*) AS customers,
    avg(churn_score) AS mean_score,
    avg(CAST(churned AS INTEGER)) AS churn_rate
FROM judged
GROUP BY tenth
ORDER BY tenth
