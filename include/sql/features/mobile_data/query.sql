-- Mobile data against the customer's own past. A month of the window without data counts as zero.
-- ago and step: see calls/query.sql.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        2 * date_diff('month', $observe_start, observed.month) - date_diff('month', $observe_start, $month) AS step,
        coalesce(made.data_mb, 0) AS data_mb
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
        data_mb < lag(data_mb) OVER in_time AS data_fell
    FROM grid
    WINDOW in_time AS (PARTITION BY customer_id ORDER BY month)
)

SELECT
    customer_id,
    sum(data_mb) FILTER (WHERE ago = 0) AS data_last_mb,
    sum(data_mb) / count(*) AS data_mean_mb,
    sum(data_mb) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(data_mb) FILTER (WHERE ago > 0), 0) AS data_to_past_ratio,
    2 * sum(step * data_mb) / nullif(sum(step * step), 0) AS data_slope_mb,
    (max(data_mb) - min(data_mb)) * count(*) / nullif(sum(data_mb), 0) AS data_range_ratio,
    min(ago) FILTER (WHERE data_fell IS NOT TRUE) AS data_decline_months,
    count(*) FILTER (WHERE data_mb = 0) AS data_idle_months
FROM falling
GROUP BY customer_id
