-- Prepaid customers get no bill, so use shows who is there: any call made or received, any data.
SELECT
    customer_id,
    voice_out_min + voice_in_min + data_2g_mb + data_3g_mb > 0 AS is_active,
    revenue_inr AS revenue_cny
FROM clean_usage_month
WHERE month = $month AND event_date >= $month AND event_date < $as_of
    AND known_date < $known_until
