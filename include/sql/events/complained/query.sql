-- The first month with so many complaints.
SELECT
    customer_id,
    min(month) AS event_date,
    min_by(complaint_count, month) AS complaint_count
FROM (
    SELECT
        customer_id,
        month,
        CASE $about
            WHEN 'porting' THEN coalesce(porting_complaint_count, 0)
            WHEN 'all_but_porting' THEN coalesce(complaint_count, 0) - coalesce(porting_complaint_count, 0)
            ELSE coalesce(complaint_count, 0)
        END AS complaint_count
    FROM month_care
    WHERE month >= $since AND month < $predict_end
) AS counted
WHERE complaint_count >= $complaints
GROUP BY customer_id
