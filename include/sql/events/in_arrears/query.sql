-- The first month at whose end a debt was that old and above that sum.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_billing
WHERE month >= $since AND month < $predict_end
    AND arrears_cny > $arrears_cny
    AND overdue_days >= $overdue_days
GROUP BY customer_id
