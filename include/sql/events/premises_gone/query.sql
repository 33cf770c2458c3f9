-- The first month at whose end demolition was no more than so many months away, due or past.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(months_to_demolition, month) AS months_to_demolition
FROM month_premises
WHERE month >= $since AND month < $predict_end
    AND months_to_demolition <= $months
GROUP BY customer_id
