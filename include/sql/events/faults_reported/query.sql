-- The first month with so many fault reports.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_care
WHERE month >= $since AND month < $predict_end
    AND fault_count >= $faults
GROUP BY customer_id
