-- Share of leavers by region and by customer group, for the latest month whose truth was in. Who left before the predict
-- window or changed lines was not at risk and is in no share.
WITH known AS (
    SELECT
        profile.region_code,
        profile.customer_group,
        truth.churned
    FROM label AS truth
    INNER JOIN month_profile AS profile
        ON profile.customer_id = truth.customer_id AND profile.month = truth.month
    WHERE truth.month = $label_month
        AND NOT truth.left_early
        AND NOT coalesce(truth.rotated, false)
),

tall AS (
    SELECT 'region' AS kind, coalesce(region_code, '') AS segment, churned FROM known
    UNION ALL
    SELECT 'group' AS kind, coalesce(customer_group, '') AS segment, churned FROM known
)

SELECT
    kind,
    segment,
    count(*) AS customers,
    count(*) FILTER (WHERE churned) AS churners
FROM tall
GROUP BY kind, segment
ORDER BY kind, customers DESC, segment
