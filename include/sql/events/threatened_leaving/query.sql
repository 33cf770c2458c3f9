-- The complaint that threatens to leave: its day in the first month that has one.
SELECT
    customer_id,
    min(coalesce(last_leaving_date, month)) AS event_date
FROM month_complaint_text
WHERE month >= $since AND month < $predict_end
    AND leaving_text_count > 0
GROUP BY customer_id
