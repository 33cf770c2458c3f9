-- How many times their bill other amounts of the customers come to: the tenths of those who have both.
WITH amount AS (
    SELECT
        billed.customer_id,
        billed.bill_cny,
        billed.payment_cny,
        billed.recharge_cny,
        billed.arrears_cny,
        agreed.plan_fee_cny
    FROM month_billing AS billed
    LEFT JOIN {{fees}} AS agreed
        ON agreed.customer_id = billed.customer_id AND agreed.month = $month AND agreed.month < $as_of
    WHERE billed.month = $month AND billed.month < $as_of AND billed.bill_cny > 0
),

compared AS (
    SELECT 'payment' AS beside, payment_cny / bill_cny AS times FROM amount WHERE payment_cny > 0
    UNION ALL
    SELECT 'recharge' AS beside, recharge_cny / bill_cny AS times FROM amount WHERE recharge_cny > 0
    UNION ALL
    SELECT 'arrears' AS beside, arrears_cny / bill_cny AS times FROM amount WHERE arrears_cny > 0
    UNION ALL
    SELECT 'plan_fee' AS beside, plan_fee_cny / bill_cny AS times FROM amount WHERE plan_fee_cny > 0
)

SELECT
    beside,
    count(*) AS customers,
    CAST(quantile_disc(times, 0.1) AS DOUBLE) AS low,
    CAST(quantile_disc(times, 0.9) AS DOUBLE) AS high
FROM compared
GROUP BY beside
ORDER BY beside
