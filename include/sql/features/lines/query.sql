-- What else the same person holds, as the month knew it: other lines in use, what they bring, and whether any of them
-- has ended or been opened within the window. A line that nobody else's belongs to has none of this.
WITH line AS (
    SELECT
        customer_id,
        person_id,
        is_current,
        opened_date,
        ended_date
    FROM customer_line
    WHERE month = $month
),

earned AS (
    SELECT
        customer_id,
        sum(revenue_cny) AS revenue_cny
    FROM month_activity
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
),

others AS (
    SELECT
        mine.customer_id,
        count(*) FILTER (WHERE other.is_current) AS held_count,
        sum(earned.revenue_cny) AS revenue_cny,
        count(*) FILTER (WHERE other.ended_date >= $observe_start AND other.ended_date < $as_of) AS ended_count,
        count(*) FILTER (WHERE other.opened_date >= $observe_start AND other.opened_date < $as_of) AS opened_count
    FROM line AS mine
    INNER JOIN line AS other ON other.person_id = mine.person_id AND other.customer_id <> mine.customer_id
    LEFT JOIN earned ON earned.customer_id = other.customer_id
    GROUP BY mine.customer_id
)

SELECT
    cohort.customer_id,
    coalesce(others.held_count, 0) AS lines_other_count,
    -- nothing else held is a share of nothing, also where this line brought nothing in either
    coalesce(others.revenue_cny / nullif(others.revenue_cny + coalesce(earned.revenue_cny, 0), 0), 0)
        AS lines_other_revenue_share,
    coalesce(others.ended_count, 0) AS lines_other_ended_count,
    coalesce(others.opened_count, 0) AS lines_other_opened_count
FROM cohort
LEFT JOIN others ON others.customer_id = cohort.customer_id
LEFT JOIN earned ON earned.customer_id = cohort.customer_id
WHERE cohort.month = $month
