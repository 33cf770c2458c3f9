-- The first month at whose end demolition was due or past.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_premises
WHERE month >= $since AND month < $predict_end
    AND months_to_demolition <= 0
GROUP BY customer_id
