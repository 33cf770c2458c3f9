-- The last ten days of the month against the days of the window before them: whose use began to fade late in the month
-- looks like everybody else in sums of months. Ten days are expected to be ten times the mean of the days before them.
-- Deviations are those of a count that stays as it was (Poisson, whose variance is its mean); one is added so that a
-- handful of records cannot deviate by much. Who is absent in the latest month used nothing in its last days; what a
-- source does not tell stays unknown.
WITH whole AS (
    SELECT
        customer_id,
        sum(
            coalesce(voice_out_count, 0) + coalesce(voice_in_count, 0) + coalesce(sms_count, 0)
            + coalesce(mms_count, 0) + coalesce(data_session_count, 0)
        ) AS use_count
    FROM month_usage
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
),

latest AS (
    SELECT
        customer_id,
        last_ten_use_count,
        last_ten_active_days
    FROM month_usage
    WHERE month = $month
),

used AS (
    SELECT
        cohort.customer_id,
        coalesce(whole.use_count, 0) AS use_count,
        CASE WHEN latest.customer_id IS NULL THEN 0 ELSE latest.last_ten_use_count END AS ten_count,
        CASE WHEN latest.customer_id IS NULL THEN 0 ELSE latest.last_ten_active_days END AS ten_active_days
    FROM cohort
    LEFT JOIN whole ON whole.customer_id = cohort.customer_id
    LEFT JOIN latest ON latest.customer_id = cohort.customer_id
    WHERE cohort.month = $month
),

compared AS (
    SELECT
        customer_id,
        use_count,
        ten_active_days,
        ten_count,
        10 * (use_count - ten_count) / (date_diff('day', $observe_start, $as_of) - 10) AS expected
    FROM used
)

SELECT
    customer_id,
    use_count AS use_window_count,
    ten_active_days AS active_last_ten_days,
    ten_count / nullif(expected, 0) AS use_last_ten_ratio,
    (ten_count - expected) / sqrt(expected + 1) AS use_last_ten_deviation_ratio
FROM compared
