-- How the share of leavers moves with one feature: six bins of about equal size, fewer where values repeat, and one for
-- missing values. `observed` holds the feature's value and what became of each customer, for months whose truth is in.
WITH cut AS (
    SELECT unnest(list_distinct(quantile_disc(value, [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6]))) AS edge
    FROM observed
    WHERE value IS NOT NULL
),

placed AS (
    SELECT
        value,
        churned,
        CASE WHEN value IS NOT NULL THEN (SELECT count(*) FROM cut WHERE cut.edge < observed.value) END AS bin
    FROM observed
)

SELECT
    bin,
    min(value) AS lowest,
    max(value) AS highest,
    count(*) AS customers,
    count(*) FILTER (WHERE churned) AS churners
FROM placed
GROUP BY bin
ORDER BY bin NULLS LAST
