-- Voice calls against the customer's own past. A month of the window without usage counts as zero.
-- ago: months before the month of the run. step: -2, 0, 2 for three months (twice the distance from the middle), so that
-- 2 * sum(step * y) / sum(step * step) is the least-squares slope a month, exact until its one division.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        2 * date_diff('month', $observe_start, observed.month) - date_diff('month', $observe_start, $month) AS step,
        coalesce(made.voice_out_min, 0) AS voice_out_min,
        coalesce(made.voice_in_min, 0) AS voice_in_min,
        coalesce(made.voice_out_count, 0) AS voice_out_count,
        coalesce(made.voice_in_count, 0) AS voice_in_count,
        coalesce(made.night_min, 0) AS night_min,
        coalesce(made.late_month_min, 0) AS late_month_min,
        coalesce(made.own_hotline_count, 0) AS own_hotline_count
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
        voice_out_min < lag(voice_out_min) OVER in_time AS voice_out_fell
    FROM grid
    WINDOW in_time AS (PARTITION BY customer_id ORDER BY month)
)

SELECT
    customer_id,
    sum(voice_out_min) FILTER (WHERE ago = 0) AS voice_out_last_min,
    sum(voice_out_min) / count(*) AS voice_out_mean_min,
    sum(voice_out_min) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(voice_out_min) FILTER (WHERE ago > 0), 0) AS voice_out_to_past_ratio,
    2 * sum(step * voice_out_min) / nullif(sum(step * step), 0) AS voice_out_slope_min,
    (max(voice_out_min) - min(voice_out_min)) * count(*) / nullif(sum(voice_out_min), 0) AS voice_out_range_ratio,
    min(ago) FILTER (WHERE voice_out_fell IS NOT TRUE) AS voice_out_decline_months,
    sum(voice_in_min) FILTER (WHERE ago = 0) AS voice_in_last_min,
    sum(voice_in_min) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(voice_in_min) FILTER (WHERE ago > 0), 0) AS voice_in_to_past_ratio,
    sum(voice_out_count) FILTER (WHERE ago = 0) AS call_out_last_count,
    sum(voice_out_count + voice_in_count) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(voice_out_count + voice_in_count) FILTER (WHERE ago > 0), 0) AS call_to_past_ratio,
    sum(late_month_min) FILTER (WHERE ago = 0)
        / nullif(sum(voice_out_min + voice_in_min) FILTER (WHERE ago = 0), 0) AS call_late_month_share,
    sum(night_min) / nullif(sum(voice_out_min + voice_in_min), 0) AS call_night_share,
    sum(own_hotline_count) AS own_hotline_window_count
FROM falling
GROUP BY customer_id
