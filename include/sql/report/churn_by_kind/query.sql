-- Who left in what way, and the share of leavers by tier of the adopted definition, for the latest month whose truth was
-- in. A definition without tiers gives no rows of the second part.
WITH known AS (
    SELECT
        kind,
        tier,
        churned,
        left_early
    FROM label
    WHERE month = $label_month
),

tall AS (
    SELECT 'kind' AS part, kind AS name, churned, left_early FROM known WHERE kind IS NOT NULL
    UNION ALL
    SELECT 'tier' AS part, tier AS name, churned, left_early FROM known WHERE tier IS NOT NULL
)

SELECT
    part,
    name,
    count(*) AS customers,
    count(*) FILTER (WHERE churned) AS churners,
    count(*) FILTER (WHERE left_early) AS left_early
FROM tall
GROUP BY part, name
ORDER BY part, churners DESC, name
