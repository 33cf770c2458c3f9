-- How promptly bills are paid, and what is owed.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        coalesce(made.bill_cny, 0) AS bill_cny,
        coalesce(made.arrears_cny, 0) AS arrears_cny,
        made.payment_delay_days
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_billing AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    sum(arrears_cny) FILTER (WHERE ago = 0) AS arrears_last_cny,
    count(*) FILTER (WHERE arrears_cny > 0) AS arrears_months,
    sum(arrears_cny) FILTER (WHERE ago = 0) * count(*) / nullif(sum(bill_cny), 0) AS arrears_to_bill_ratio,
    max(payment_delay_days) FILTER (WHERE ago = 0) AS payment_delay_last_days,
    max(payment_delay_days) FILTER (WHERE ago = 0)
        - sum(payment_delay_days) FILTER (WHERE ago > 0) / nullif(count(payment_delay_days) FILTER (WHERE ago > 0), 0)
        AS payment_delay_change_days,
    count(*) FILTER (WHERE payment_delay_days > 0) AS late_payment_months
FROM grid
GROUP BY customer_id
