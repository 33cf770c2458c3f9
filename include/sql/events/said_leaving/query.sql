-- The first month with a contact in which the customer said to be leaving.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(leaving_answer_count, month) AS leaving_answer_count
FROM month_care
WHERE month >= $since AND month < $predict_end
    AND leaving_answer_count > 0
GROUP BY customer_id
