-- The first month at whose end a prepaid customer had less than so much money left.
SELECT
    money.customer_id,
    min(money.month) AS event_date,
    min_by(money.balance_cny, money.month) AS balance_cny
FROM month_billing AS money
INNER JOIN month_profile AS profile
    ON profile.customer_id = money.customer_id AND profile.month = money.month AND profile.month < $predict_end
WHERE money.month >= $since AND money.month < $predict_end
    AND profile.is_prepaid = 1
    AND money.balance_cny < $below_cny
GROUP BY money.customer_id
