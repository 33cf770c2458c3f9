-- How long ago, against the customer's own rhythm. Reads the whole history before as_of, not only the observe window:
-- a rhythm of one order in four months does not show in three. Gaps between order days are summed exactly: those
-- within a month come summed from month_orders, those between months join one month's last order to the next one's first.
WITH history AS (
    SELECT
        *,
        first_order_date - max(last_order_date) OVER (
            PARTITION BY customer_id ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS gap_days
    FROM month_orders
    WHERE month < $as_of
),

rhythm AS (
    SELECT
        customer_id,
        $as_of - max(last_contact_date) AS days_since_transaction,
        $as_of - max(last_order_date) AS days_since_order,
        $as_of - min(first_order_date) AS days_since_first_order,
        sum(order_days) AS order_days,
        max(last_order_date) - min(first_order_date) AS ordering_days,
        sum(gap_days_squared + coalesce(gap_days * gap_days, 0)) AS gap_days_squared,
        max(gap_days) AS longest_gap_days
    FROM history
    GROUP BY customer_id
),

mean AS (
    SELECT
        *,
        CAST(ordering_days AS DOUBLE) / nullif(order_days - 1, 0) AS mean_gap_days
    FROM rhythm
)

SELECT
    cohort.customer_id,
    days_since_transaction,
    days_since_order,
    days_since_first_order,
    mean_gap_days,
    CASE WHEN order_days > 1 THEN
        sqrt(greatest(CAST(gap_days_squared AS DOUBLE) / (order_days - 1) - mean_gap_days * mean_gap_days, 0))
    END AS gap_spread_days,
    longest_gap_days,
    days_since_order / nullif(mean_gap_days, 0) AS gap_ratio,
    CAST(order_days AS DOUBLE) * ($predict_end - $predict_start) / (days_since_first_order + 30) AS expected_order_days
FROM cohort
LEFT JOIN mean ON mean.customer_id = cohort.customer_id
WHERE cohort.month = $month
