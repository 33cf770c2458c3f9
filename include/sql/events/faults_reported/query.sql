-- The first month with so many fault reports.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(fault_count, month) AS fault_count
FROM month_care
WHERE month >= $since AND month < $predict_end
    AND fault_count >= $faults
GROUP BY customer_id
