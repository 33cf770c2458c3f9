-- What is in the orders, what comes back, and where the customer lives.
WITH history AS (
    SELECT
        *,
        date_diff('month', month, $as_of) AS months_back
    FROM month_orders
    WHERE month < $as_of
),

summed AS (
    SELECT
        customer_id,
        coalesce(sum(line_count) FILTER (WHERE months_back <= 3), 0) AS line_count_3m,
        coalesce(sum(product_count) FILTER (WHERE months_back <= 3), 0) AS product_count_3m,
        sum(unit_count) AS unit_count_life,
        sum(line_count) AS line_count_life,
        sum(order_count) AS order_count_life,
        coalesce(sum(return_count) FILTER (WHERE months_back <= 3), 0) AS return_count_3m,
        sum(return_count) AS return_count_life,
        coalesce(sum(return_gbp) FILTER (WHERE months_back <= 3), 0) AS return_gbp_3m,
        sum(return_gbp) AS return_gbp_life,
        sum(order_gbp) AS order_gbp_life
    FROM history
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    line_count_3m,
    product_count_3m,
    unit_count_life,
    line_count_life,
    CAST(line_count_life AS DOUBLE) / nullif(order_count_life, 0) AS lines_per_order,
    return_count_3m,
    return_count_life,
    return_gbp_3m,
    CAST(return_gbp_life AS DOUBLE) * 100 / nullif(order_gbp_life, 0) AS return_share_pct,
    CASE WHEN region_code = 'United Kingdom' THEN 1 WHEN region_code IS NOT NULL THEN 0 END AS is_domestic
FROM cohort
LEFT JOIN summed ON summed.customer_id = cohort.customer_id
LEFT JOIN month_profile ON month_profile.customer_id = cohort.customer_id AND month_profile.month = $month
WHERE cohort.month = $month
