-- How far the customers of a table that a feature query made are not those of the cohort.
WITH made_rows AS (
    SELECT customer_id FROM made WHERE month = $month
),

of_cohort AS (
    SELECT customer_id FROM cohort WHERE month = $month
)

SELECT
    count(*) FILTER (WHERE of_cohort.customer_id IS NULL) AS strangers,
    count(*) FILTER (WHERE made_rows.customer_id IS NULL) AS missing,
    list(coalesce(made_rows.customer_id, of_cohort.customer_id) ORDER BY 1)[:5] AS examples
FROM made_rows FULL JOIN of_cohort ON made_rows.customer_id = of_cohort.customer_id
WHERE made_rows.customer_id IS NULL OR of_cohort.customer_id IS NULL
