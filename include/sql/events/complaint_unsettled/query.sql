-- The first month with so many complaints whose answer did not satisfy, among answers known by then.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(unsatisfied_complaint_count, month) AS unsatisfied_complaint_count
FROM month_care
WHERE month >= $since AND month < $predict_end
    AND unsatisfied_complaint_count >= $complaints
GROUP BY customer_id
