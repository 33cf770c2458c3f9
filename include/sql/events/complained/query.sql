-- The first month with so many complaints.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_care
WHERE month >= $since AND month < $predict_end
    AND CASE $about
        WHEN 'porting' THEN coalesce(porting_complaint_count, 0)
        WHEN 'all_but_porting' THEN coalesce(complaint_count, 0) - coalesce(porting_complaint_count, 0)
        ELSE coalesce(complaint_count, 0)
    END >= $complaints
GROUP BY customer_id
