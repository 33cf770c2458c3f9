-- The first month that ends so many months running in which a prepaid customer neither called nor was called. Who was
-- no customer in one of these months has not been silent for so long.
WITH quiet AS (
    SELECT
        profile.customer_id,
        profile.month,
        lag(profile.month, $months - 1) OVER (PARTITION BY profile.customer_id ORDER BY profile.month) AS first_month
    FROM month_profile AS profile
    LEFT JOIN month_usage AS used
        ON used.customer_id = profile.customer_id AND used.month = profile.month AND used.month < $predict_end
    WHERE profile.month < $predict_end AND date_diff('month', profile.month, $since) < $months
        AND profile.is_prepaid = 1 AND NOT profile.has_left
        AND coalesce(used.voice_out_count, 0) + coalesce(used.voice_in_count, 0) = 0
)

SELECT
    customer_id,
    min(month) AS event_date
FROM quiet
WHERE month >= $since AND date_diff('month', first_month, month) = $months - 1
GROUP BY customer_id
