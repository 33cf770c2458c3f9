-- The first month at whose end a postpaid customer owed more than so much for at least so long.
SELECT
    money.customer_id,
    min(money.month) AS event_date,
    min_by(money.arrears_cny, money.month) AS arrears_cny,
    min_by(money.overdue_days, money.month) AS overdue_days
FROM month_billing AS money
INNER JOIN month_profile AS profile
    ON profile.customer_id = money.customer_id AND profile.month = money.month AND profile.month < $predict_end
WHERE money.month >= $since AND money.month < $predict_end
    AND profile.is_prepaid = 0
    AND money.arrears_cny > $above_cny
    AND money.overdue_days >= $overdue_days_from
GROUP BY money.customer_id
