-- On how many days the line is used at all, and for how long it has been silent.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        coalesce(made.active_days, 0) AS active_days,
        made.last_use_date
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_usage AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
),

falling AS (
    SELECT
        *,
        active_days < lag(active_days) OVER in_time AS active_fell
    FROM grid
    WINDOW in_time AS (PARTITION BY customer_id ORDER BY month)
)

SELECT
    customer_id,
    -- never used in the window: silent at least since its first day
    date_diff('day', coalesce(max(last_use_date), $observe_start), $as_of) AS silent_days,
    sum(active_days) FILTER (WHERE ago = 0) AS active_last_days,
    sum(active_days) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(active_days) FILTER (WHERE ago > 0), 0) AS active_to_past_ratio,
    min(ago) FILTER (WHERE active_fell IS NOT TRUE) AS active_decline_months,
    count(*) FILTER (WHERE active_days = 0) AS idle_months
FROM falling
GROUP BY customer_id
