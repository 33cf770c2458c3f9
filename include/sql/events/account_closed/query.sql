-- The day of closing as the first month said at whose end the account was known to be closed. It may lie before that
-- month: somebody entered it late.
SELECT
    customer_id,
    min_by(coalesce(closed_date, month), month) AS event_date
FROM month_profile
WHERE month >= $since AND month < $predict_end
    AND has_left
GROUP BY customer_id
