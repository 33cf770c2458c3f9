-- What the features compare month by month.
SELECT
    customer_id,
    voice_out_min,
    voice_in_min,
    on_net_out_min,
    off_net_out_min,
    local_out_min,
    local_in_min,
    long_distance_out_min,
    roaming_out_min + roaming_in_min AS roaming_min,
    international_out_min,
    call_centre_min,
    data_2g_mb + data_3g_mb AS data_mb,
    data_outside_pack_mb,
    monthly_pack_count + sachet_pack_count AS data_pack_count,
    revenue_inr,
    recharge_count,
    recharge_inr,
    largest_recharge_inr,
    last_day_recharge_inr,
    last_recharge_date,
    data_recharge_count,
    last_data_recharge_date
FROM clean_usage_month
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
