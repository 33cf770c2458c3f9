-- The first month with more than so many minutes through another operator's long-distance service.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(long_distance_other_min, month) AS long_distance_other_min
FROM month_usage
WHERE month >= $since AND month < $predict_end
    AND long_distance_other_min > $above_min
GROUP BY customer_id
