-- The first month with so many calls to the service hotlines of other operators.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(competitor_hotline_count, month) AS competitor_hotline_count
FROM month_usage
WHERE month >= $since AND month < $predict_end
    AND competitor_hotline_count >= $calls
GROUP BY customer_id
