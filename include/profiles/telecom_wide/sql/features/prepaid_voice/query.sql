-- Calls in the last observed month ("now") against the mean of the observed months before it. The change share
-- (now - before) / (now + before) runs from -100 (stopped) over 0 (as before) to 100 (new) and is empty without any use:
-- a plain ratio has no value for those who start and explodes for those who hardly called.
WITH compared AS (
    SELECT
        customer_id,
        sum(voice_out_min) FILTER (WHERE month = $month) AS voice_out_min,
        CAST(sum(voice_out_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS voice_out_min_before,
        sum(voice_in_min) FILTER (WHERE month = $month) AS voice_in_min,
        CAST(sum(voice_in_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS voice_in_min_before,
        sum(on_net_out_min) FILTER (WHERE month = $month) AS on_net_out_min,
        CAST(sum(on_net_out_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS on_net_out_min_before,
        sum(off_net_out_min) FILTER (WHERE month = $month) AS off_net_out_min,
        CAST(sum(off_net_out_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS off_net_out_min_before,
        sum(local_out_min) FILTER (WHERE month = $month) AS local_out_min,
        CAST(sum(local_out_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS local_out_min_before,
        sum(local_in_min) FILTER (WHERE month = $month) AS local_in_min,
        CAST(sum(local_in_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS local_in_min_before,
        sum(long_distance_out_min) FILTER (WHERE month = $month) AS long_distance_out_min,
        CAST(sum(long_distance_out_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS long_distance_out_min_before,
        sum(roaming_min) FILTER (WHERE month = $month) AS roaming_min,
        CAST(sum(roaming_min) FILTER (WHERE month < $month) AS DOUBLE)
            / nullif(date_diff('month', $observe_start, $month), 0) AS roaming_min_before,
        sum(call_centre_min) AS call_centre_min,
        sum(international_out_min) AS international_out_min
    FROM month_prepaid
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    voice_out_min,
    voice_out_min - voice_out_min_before AS voice_out_change_min,
    100 * (voice_out_min - voice_out_min_before)
        / nullif(voice_out_min + voice_out_min_before, 0) AS voice_out_change_pct,
    voice_in_min,
    voice_in_min - voice_in_min_before AS voice_in_change_min,
    100 * (voice_in_min - voice_in_min_before)
        / nullif(voice_in_min + voice_in_min_before, 0) AS voice_in_change_pct,
    on_net_out_min,
    on_net_out_min - on_net_out_min_before AS on_net_out_change_min,
    100 * (on_net_out_min - on_net_out_min_before)
        / nullif(on_net_out_min + on_net_out_min_before, 0) AS on_net_out_change_pct,
    off_net_out_min,
    off_net_out_min - off_net_out_min_before AS off_net_out_change_min,
    100 * (off_net_out_min - off_net_out_min_before)
        / nullif(off_net_out_min + off_net_out_min_before, 0) AS off_net_out_change_pct,
    local_out_min,
    local_out_min - local_out_min_before AS local_out_change_min,
    100 * (local_out_min - local_out_min_before)
        / nullif(local_out_min + local_out_min_before, 0) AS local_out_change_pct,
    local_in_min,
    local_in_min - local_in_min_before AS local_in_change_min,
    100 * (local_in_min - local_in_min_before)
        / nullif(local_in_min + local_in_min_before, 0) AS local_in_change_pct,
    long_distance_out_min,
    long_distance_out_min - long_distance_out_min_before AS long_distance_out_change_min,
    100 * (long_distance_out_min - long_distance_out_min_before)
        / nullif(long_distance_out_min + long_distance_out_min_before, 0) AS long_distance_out_change_pct,
    roaming_min,
    roaming_min - roaming_min_before AS roaming_change_min,
    100 * (roaming_min - roaming_min_before)
        / nullif(roaming_min + roaming_min_before, 0) AS roaming_change_pct,
    call_centre_min,
    international_out_min,
    CAST(voice_in_min AS DOUBLE) * 100 / nullif(voice_in_min + voice_out_min, 0) AS voice_in_share_pct
FROM cohort
LEFT JOIN compared ON compared.customer_id = cohort.customer_id
WHERE cohort.month = $month
