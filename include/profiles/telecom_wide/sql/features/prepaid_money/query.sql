-- Top-ups and revenue in the last observed month against the mean of the observed months before it.
-- The change share (now - before) / (|now| + |before|) runs from -100 (stopped) to 100 (new), empty without any;
-- revenue may lie below zero after a refund, hence the absolute values.
WITH compared AS (
    SELECT
        customer_id,
        sum(revenue_inr) FILTER (WHERE month = $month) AS revenue_inr,
        CAST(sum(revenue_inr) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS revenue_inr_before,
        sum(recharge_count) FILTER (WHERE month = $month) AS recharge_count,
        CAST(sum(recharge_count) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS recharge_count_before,
        sum(recharge_inr) FILTER (WHERE month = $month) AS recharge_inr,
        CAST(sum(recharge_inr) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS recharge_inr_before,
        sum(largest_recharge_inr) FILTER (WHERE month = $month) AS largest_recharge_inr,
        CAST(sum(largest_recharge_inr) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS largest_recharge_inr_before,
        sum(last_day_recharge_inr) FILTER (WHERE month = $month) AS last_day_recharge_inr,
        CAST(sum(last_day_recharge_inr) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS last_day_recharge_inr_before,
        max(last_recharge_date) AS last_recharge_date
    FROM month_prepaid
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    revenue_inr,
    revenue_inr - revenue_inr_before AS revenue_change_inr,
    100 * (revenue_inr - revenue_inr_before)
        / nullif(abs(revenue_inr) + abs(revenue_inr_before), 0) AS revenue_change_pct,
    recharge_count,
    recharge_count - recharge_count_before AS recharge_count_change,
    100 * (recharge_count - recharge_count_before)
        / nullif(abs(recharge_count) + abs(recharge_count_before), 0) AS recharge_count_change_pct,
    recharge_inr,
    recharge_inr - recharge_inr_before AS recharge_change_inr,
    100 * (recharge_inr - recharge_inr_before)
        / nullif(abs(recharge_inr) + abs(recharge_inr_before), 0) AS recharge_change_pct,
    largest_recharge_inr,
    largest_recharge_inr - largest_recharge_inr_before AS largest_recharge_change_inr,
    100 * (largest_recharge_inr - largest_recharge_inr_before)
        / nullif(abs(largest_recharge_inr) + abs(largest_recharge_inr_before), 0) AS largest_recharge_change_pct,
    last_day_recharge_inr,
    last_day_recharge_inr - last_day_recharge_inr_before AS last_day_recharge_change_inr,
    100 * (last_day_recharge_inr - last_day_recharge_inr_before)
        / nullif(abs(last_day_recharge_inr) + abs(last_day_recharge_inr_before), 0) AS last_day_recharge_change_pct,
    $as_of - last_recharge_date AS days_since_recharge,
    tenure_days
FROM cohort
LEFT JOIN compared ON compared.customer_id = cohort.customer_id
LEFT JOIN month_profile ON month_profile.customer_id = cohort.customer_id AND month_profile.month = $month
WHERE cohort.month = $month
