-- The customers of the clean rows of a month, those whom its summary does not have, and those who are no known person.
WITH delivered AS (
    SELECT DISTINCT customer_id
    FROM {{delivered}}
),

summed AS (
    SELECT customer_id
    FROM month_activity
    WHERE month = $month
),

line AS (
    SELECT customer_id
    FROM {{lines}}
    WHERE month = $month
)

SELECT
    count(*) AS customers,
    count(*) FILTER (summed.customer_id IS NULL) AS lost,
    count(*) FILTER (summed.customer_id IS NOT NULL) AS summed,
    count(*) FILTER (summed.customer_id IS NOT NULL AND line.customer_id IS NULL) AS without_person
FROM delivered
LEFT JOIN summed ON summed.customer_id = delivered.customer_id
LEFT JOIN line ON line.customer_id = delivered.customer_id
