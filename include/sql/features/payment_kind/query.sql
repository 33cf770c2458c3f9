-- How the customer pays: the way of the latest month of the window with a payment.
WITH latest AS (
    SELECT
        customer_id,
        payment_channel,
        row_number() OVER (PARTITION BY customer_id ORDER BY month DESC) AS age
    FROM month_payment_kind
    WHERE month >= $observe_start AND month < $as_of
)

SELECT
    cohort.customer_id,
    latest.payment_channel AS payment_kind
FROM cohort
LEFT JOIN latest ON latest.customer_id = cohort.customer_id AND latest.age = 1
WHERE cohort.month = $month
