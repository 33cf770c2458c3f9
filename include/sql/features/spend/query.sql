-- Bills against the customer's own past.
-- ago and step: see calls/query.sql.
WITH observed AS (
    SELECT CAST(unnest(generate_series($observe_start, $month, INTERVAL 1 MONTH)) AS DATE) AS month
),

grid AS (
    SELECT
        cohort.customer_id,
        observed.month,
        date_diff('month', observed.month, $month) AS ago,
        2 * date_diff('month', $observe_start, observed.month) - date_diff('month', $observe_start, $month) AS step,
        coalesce(made.bill_cny, 0) AS bill_cny,
        coalesce(made.charged_cny, 0) AS charged_cny,
        coalesce(made.discount_cny, 0) AS discount_cny
    FROM cohort
    CROSS JOIN observed
    LEFT JOIN month_billing AS made
        ON made.customer_id = cohort.customer_id AND made.month = observed.month
        AND made.month >= $observe_start AND made.month < $as_of
    WHERE cohort.month = $month
),

falling AS (
    SELECT
        *,
        bill_cny < lag(bill_cny) OVER in_time AS bill_fell
    FROM grid
    WINDOW in_time AS (PARTITION BY customer_id ORDER BY month)
)

SELECT
    customer_id,
    sum(bill_cny) / count(*) AS bill_mean_cny,
    sum(bill_cny) FILTER (WHERE ago = 0) AS bill_last_cny,
    sum(bill_cny) FILTER (WHERE ago = 0) * (count(*) - 1)
        / nullif(sum(bill_cny) FILTER (WHERE ago > 0), 0) AS bill_to_past_ratio,
    2 * sum(step * bill_cny) / nullif(sum(step * step), 0) AS bill_slope_cny,
    (max(bill_cny) - min(bill_cny)) * count(*) / nullif(sum(bill_cny), 0) AS bill_range_ratio,
    min(ago) FILTER (WHERE bill_fell IS NOT TRUE) AS bill_decline_months,
    1 - sum(bill_cny) FILTER (WHERE ago = 0) / nullif(max(bill_cny), 0) AS bill_below_peak_share,
    sum(discount_cny) / nullif(sum(charged_cny), 0) AS discount_share,
    sum(discount_cny) FILTER (WHERE ago = 0) / nullif(sum(charged_cny) FILTER (WHERE ago = 0), 0)
        - sum(discount_cny) FILTER (WHERE ago > 0) / nullif(sum(charged_cny) FILTER (WHERE ago > 0), 0) AS discount_change_share
FROM falling
GROUP BY customer_id
