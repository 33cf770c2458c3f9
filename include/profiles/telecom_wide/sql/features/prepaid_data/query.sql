-- Data, data packs and data top-ups in the last observed month against the mean of the observed months before it.
-- The change share (now - before) / (now + before) runs from -100 (stopped) to 100 (new), empty without any.
WITH compared AS (
    SELECT
        customer_id,
        sum(data_mb) FILTER (WHERE month = $month) AS data_mb,
        CAST(sum(data_mb) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS data_mb_before,
        sum(data_outside_pack_mb) FILTER (WHERE month = $month) AS data_outside_pack_mb,
        CAST(sum(data_outside_pack_mb) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS data_outside_pack_mb_before,
        sum(data_pack_count) FILTER (WHERE month = $month) AS data_pack_count,
        CAST(sum(data_pack_count) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS data_pack_count_before,
        sum(data_recharge_count) FILTER (WHERE month = $month) AS data_recharge_count,
        CAST(sum(data_recharge_count) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS data_recharge_count_before,
        max(last_data_recharge_date) AS last_data_recharge_date
    FROM month_prepaid
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    data_mb,
    data_mb - data_mb_before AS data_change_mb,
    100 * (data_mb - data_mb_before)
        / nullif(data_mb + data_mb_before, 0) AS data_change_pct,
    data_outside_pack_mb,
    data_outside_pack_mb - data_outside_pack_mb_before AS data_outside_pack_change_mb,
    100 * (data_outside_pack_mb - data_outside_pack_mb_before)
        / nullif(data_outside_pack_mb + data_outside_pack_mb_before, 0) AS data_outside_pack_change_pct,
    data_pack_count,
    data_pack_count - data_pack_count_before AS data_pack_count_change,
    100 * (data_pack_count - data_pack_count_before)
        / nullif(data_pack_count + data_pack_count_before, 0) AS data_pack_count_change_pct,
    data_recharge_count,
    data_recharge_count - data_recharge_count_before AS data_recharge_count_change,
    100 * (data_recharge_count - data_recharge_count_before)
        / nullif(data_recharge_count + data_recharge_count_before, 0) AS data_recharge_count_change_pct,
    $as_of - last_data_recharge_date AS days_since_data_recharge
FROM cohort
LEFT JOIN compared ON compared.customer_id = cohort.customer_id
WHERE cohort.month = $month
