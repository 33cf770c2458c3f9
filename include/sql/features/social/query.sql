-- How many different people the customer calls and writes to: a circle that shrinks precedes leaving.
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
        coalesce(made.peer_count, 0) AS peer_count,
        coalesce(made.voice_out_min, 0) AS voice_out_min,
        coalesce(made.voice_in_min, 0) AS voice_in_min
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
        peer_count < lag(peer_count) OVER in_time AS peer_fell
    FROM grid
    WINDOW in_time AS (PARTITION BY customer_id ORDER BY month)
)

SELECT
    customer_id,
    sum(peer_count) FILTER (WHERE ago = 0) AS peer_last_count,
    sum(peer_count) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(peer_count) FILTER (WHERE ago > 0), 0) AS peer_to_past_ratio,
    2 * sum(step * peer_count) / nullif(sum(step * step), 0) AS peer_slope_count,
    min(ago) FILTER (WHERE peer_fell IS NOT TRUE) AS peer_decline_months,
    sum(voice_out_min + voice_in_min) / nullif(sum(peer_count), 0) AS talk_per_peer_min
FROM falling
GROUP BY customer_id
