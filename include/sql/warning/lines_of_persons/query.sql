-- The person behind each line of the cohort, what the line brings in and what all lines of the person bring together.
-- ARPU is revenue a month over the whole observe window. A line that no person is known of is a person of its own.
WITH revenue AS (
    SELECT
        customer_id,
        sum(revenue_cny) AS revenue_cny
    FROM month_activity
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
),

line AS (
    SELECT
        customer_id,
        person_id,
        line_count
    FROM customer_line
    WHERE month = $month
),

together AS (
    SELECT
        line.person_id,
        sum(revenue.revenue_cny) AS revenue_cny
    FROM line
    INNER JOIN revenue ON revenue.customer_id = line.customer_id
    GROUP BY line.person_id
)

SELECT
    cohort.customer_id,
    coalesce(line.person_id, 'P' || cohort.customer_id) AS person_id,
    greatest(coalesce(line.line_count, 1), 1) AS line_count,
    round(coalesce(revenue.revenue_cny, 0) / date_diff('month', $observe_start, $as_of), 4)::DOUBLE AS arpu_cny,
    round(
        coalesce(together.revenue_cny, revenue.revenue_cny, 0) / date_diff('month', $observe_start, $as_of), 4
    )::DOUBLE AS person_arpu_cny
FROM cohort
LEFT JOIN line ON line.customer_id = cohort.customer_id
LEFT JOIN together ON together.person_id = line.person_id
LEFT JOIN revenue ON revenue.customer_id = cohort.customer_id
WHERE cohort.month = $month
ORDER BY cohort.customer_id
