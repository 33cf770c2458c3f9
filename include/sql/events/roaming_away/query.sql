-- The first month in which so much of the talking was done in another operator's coverage.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_usage
WHERE month >= $since AND month < $predict_end
    AND voice_out_min + voice_in_min >= $least_min
    AND roaming_min >= $share * (voice_out_min + voice_in_min)
GROUP BY customer_id
