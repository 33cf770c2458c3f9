-- The first month whose use, over the customer's mean of the observe window, lies below the threshold after it has been
-- divided by the same ratio of all customers together: what befalls everybody is no sign of leaving.
--   ratio  = (used / own mean) / (used by all / sum of all own means)       a month without use counts as zero
-- The threshold is $share, or with $quantile that quantile of the ratios of the latest observed month over the months
-- before it: known at as_of and set anew each month, it does not fix how many will fall below it. A month in which
-- nobody knew the customer yet is no past: own means are over the months since the first that shows him, and who came
-- within the window does not count for what all customers do together.
WITH first_seen AS (
    SELECT
        customer_id,
        min(month) AS first_month
    FROM month_usage
    WHERE month >= $history_start AND month < $as_of
    GROUP BY customer_id
),

usage AS (
    SELECT
        customer_id,
        month,
        CAST(CASE $measure
            WHEN 'voice_min' THEN voice_out_min + voice_in_min
            WHEN 'data_mb' THEN data_mb
            WHEN 'active_days' THEN active_days
            WHEN 'peers' THEN peer_count
        END AS DECIMAL(18, 4)) AS used
    FROM month_usage
    WHERE month >= $observe_start AND month < $predict_end
),

past AS (
    SELECT
        cohort.customer_id,
        date_diff('month', greatest(min(first_seen.first_month), $observe_start), $as_of) AS months,
        sum(usage.used) AS total
    FROM cohort
    INNER JOIN first_seen ON first_seen.customer_id = cohort.customer_id
    INNER JOIN usage ON usage.customer_id = cohort.customer_id AND usage.month < $as_of
    WHERE cohort.month = $month
    GROUP BY cohort.customer_id
    HAVING sum(usage.used) > 0
        AND CAST(sum(usage.used) AS DOUBLE)
            >= $least * date_diff('month', greatest(min(first_seen.first_month), $observe_start), $as_of)
),

compared AS (
    SELECT
        past.customer_id,
        each.month,
        past.months,
        past.total,
        coalesce(usage.used, 0) AS used
    FROM past
    CROSS JOIN (SELECT DISTINCT month FROM usage) AS each
    LEFT JOIN usage ON usage.customer_id = past.customer_id AND usage.month = each.month
),

market AS (
    SELECT
        month,
        CAST(sum(used) AS DOUBLE) * max(months) / CAST(sum(total) AS DOUBLE) AS moved,
        CAST(sum(used) AS DOUBLE) * (max(months) - 1) / nullif(CAST(sum(total - used) AS DOUBLE), 0) AS moved_from_before
    FROM compared
    WHERE months = date_diff('month', $observe_start, $as_of)
    GROUP BY month
),

adjusted AS (
    SELECT
        compared.customer_id,
        compared.month,
        CAST(compared.used AS DOUBLE) * compared.months / CAST(compared.total AS DOUBLE)
            / CASE $market WHEN 'none' THEN 1.0 ELSE nullif(market.moved, 0) END AS ratio,
        CAST(compared.used AS DOUBLE) * nullif(compared.months - 1, 0)
            / nullif(CAST(compared.total - compared.used AS DOUBLE), 0)
            / CASE $market WHEN 'none' THEN 1.0 ELSE nullif(market.moved_from_before, 0) END AS ratio_to_before
    FROM compared
    LEFT JOIN market ON market.month = compared.month
),

latest AS (
    SELECT
        ratio_to_before,
        row_number() OVER (ORDER BY ratio_to_before) AS place,
        count(*) OVER () AS customers
    FROM adjusted
    WHERE month = $month AND ratio_to_before IS NOT NULL
),

threshold AS (
    SELECT coalesce($share, max(ratio_to_before)) AS ratio
    FROM latest
    WHERE place <= ceil($quantile * customers) OR $share IS NOT NULL
)

SELECT
    adjusted.customer_id,
    min(adjusted.month) AS event_date
FROM adjusted
CROSS JOIN threshold
WHERE adjusted.month >= $since
    AND adjusted.ratio < threshold.ratio
GROUP BY adjusted.customer_id
