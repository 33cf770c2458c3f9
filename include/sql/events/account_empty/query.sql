-- The first month at whose end there was an account with no more than so much money in it. Without an account, and for
-- who pays after the bill, there is no balance to be used up.
SELECT
    customer_id,
    min(month) AS event_date
FROM month_billing
WHERE month >= $since AND month < $predict_end
    AND balance_cny <= $balance_cny
GROUP BY customer_id
