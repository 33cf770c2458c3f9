-- The first month in which a customer of the segment neither called, wrote nor used data.
SELECT
    profile.customer_id,
    min(profile.month) AS event_date
FROM month_profile AS profile
LEFT JOIN month_usage AS used
    ON used.customer_id = profile.customer_id AND used.month = profile.month AND used.month < $predict_end
WHERE profile.month >= $since AND profile.month < $predict_end
    AND profile.customer_group = $segment AND NOT profile.has_left
    AND coalesce(used.active_days, 0) = 0
GROUP BY profile.customer_id
