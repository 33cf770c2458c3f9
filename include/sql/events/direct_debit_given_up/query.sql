-- The first month with a payment that no direct debit made, right after so many months running in which direct debits
-- made them. That the order itself was withdrawn no source tells: who stops paying at all is not found here.
WITH paid AS (
    SELECT
        customer_id,
        month,
        payment_channel,
        lag(month, $months) OVER (PARTITION BY customer_id ORDER BY month) AS first_month,
        sum(CASE WHEN payment_channel = 'bank' THEN 1 ELSE 0 END) OVER (PARTITION BY customer_id ORDER BY month) AS debits
    FROM month_payment_kind
    WHERE month < $predict_end AND date_diff('month', month, $since) <= $months
),

compared AS (
    SELECT
        customer_id,
        month,
        payment_channel,
        first_month,
        debits - coalesce(lag(debits, $months + 1) OVER (PARTITION BY customer_id ORDER BY month), 0) AS debits_running
    FROM paid
)

SELECT
    customer_id,
    min(month) AS event_date,
    min_by(payment_channel, month) AS payment_channel
FROM compared
WHERE month >= $since
    AND payment_channel <> 'bank'
    AND debits_running = $months
    AND date_diff('month', first_month, month) = $months
GROUP BY customer_id
