-- All use in one figure, minutes and megabytes added up. A sum of unlike units measures nothing, but it falls when
-- anything falls, and that fall is what goes before silence: alone it ranked leavers best of all single columns.
WITH used AS (
    SELECT
        customer_id,
        month,
        voice_out_min + voice_in_min + data_mb AS use_sum,
        voice_in_min,
        voice_out_min + voice_in_min AS voice_min,
        CAST(voice_out_min > 0 AS INTEGER) + CAST(voice_in_min > 0 AS INTEGER) + CAST(data_mb > 0 AS INTEGER) AS ways
    FROM month_prepaid
    WHERE month >= $observe_start AND month < $as_of
),

compared AS (
    SELECT
        customer_id,
        sum(use_sum) FILTER (WHERE month = $month) AS use_sum,
        CAST(sum(use_sum) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS use_sum_before,
        sum(ways) FILTER (WHERE month = $month) AS used_ways_count,
        CAST(sum(voice_in_min) FILTER (WHERE month = $month) AS DOUBLE) * 100
            / nullif(sum(voice_min) FILTER (WHERE month = $month), 0) AS voice_in_share_pct
    FROM used
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    use_sum,
    100 * (use_sum - use_sum_before) / nullif(use_sum + use_sum_before, 0) AS use_change_pct,
    used_ways_count,
    voice_in_share_pct
FROM cohort
LEFT JOIN compared ON compared.customer_id = cohort.customer_id
WHERE cohort.month = $month
