-- Use of the fixed accesses of each customer, one column a kind.
SELECT
    customer_id,
    count(DISTINCT access_code) AS fixed_access_count,
    sum(online_hours) FILTER (WHERE access_code = 'broadband') AS broadband_online_hours,
    max(active_days) FILTER (WHERE access_code = 'broadband') AS broadband_active_days,
    sum(call_min) FILTER (WHERE access_code = 'fixed_line') AS fixed_call_min,
    sum(online_hours) FILTER (WHERE access_code = 'iptv') AS tv_online_hours,
    max(active_days) AS longest_used_days
FROM clean_fixed_usage
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
GROUP BY customer_id
