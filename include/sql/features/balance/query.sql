-- What is left in the account, and how it is filled up. No account in a month: NULL, not zero.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        made.balance_cny,
        coalesce(made.bill_cny, 0) AS bill_cny,
        coalesce(made.recharge_count, 0) AS recharge_count,
        coalesce(made.recharge_cny, 0) AS recharge_cny,
        made.last_recharge_date
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_billing AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
)

SELECT
    customer_id,
    sum(balance_cny) FILTER (WHERE ago = 0) AS balance_last_cny,
    sum(balance_cny) FILTER (WHERE ago = 0)
        - sum(balance_cny) FILTER (WHERE ago > 0) / nullif(count(balance_cny) FILTER (WHERE ago > 0), 0) AS balance_change_cny,
    sum(balance_cny) FILTER (WHERE ago = 0) * count(*) / nullif(sum(bill_cny), 0) AS balance_to_bill_ratio,
    min(balance_cny) AS balance_lowest_cny,
    sum(recharge_count) AS recharge_window_count,
    sum(recharge_cny) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(recharge_cny) FILTER (WHERE ago > 0), 0) AS recharge_to_past_ratio,
    date_diff('day', max(last_recharge_date), $as_of) AS recharge_gap_days
FROM grid
GROUP BY customer_id
