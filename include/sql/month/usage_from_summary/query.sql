-- Usage that the source has already summed up by month. The last day with a record counts only within the month.
SELECT
    customer_id,
    voice_out_count,
    voice_in_count,
    voice_out_min,
    voice_in_min,
    on_net_min,
    off_net_min,
    roaming_min,
    long_distance_other_min,
    night_min,
    late_month_min,
    sms_count,
    mms_count,
    data_mb,
    active_days,
    peer_count,
    off_net_peer_count,
    own_hotline_count,
    competitor_hotline_count,
    CASE WHEN last_use_date < $as_of THEN last_use_date END AS last_use_date
FROM clean_usage_summary
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
