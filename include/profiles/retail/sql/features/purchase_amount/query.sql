-- How much, over windows of growing length, and how much of it at once.
WITH history AS (
    SELECT
        customer_id,
        date_diff('month', month, $as_of) AS months_back,
        order_count,
        order_gbp,
        largest_day_gbp
    FROM month_orders
    WHERE month < $as_of
),

summed AS (
    SELECT
        customer_id,
        coalesce(sum(order_gbp) FILTER (WHERE months_back = 1), 0) AS order_gbp_1m,
        coalesce(sum(order_gbp) FILTER (WHERE months_back <= 3), 0) AS order_gbp_3m,
        coalesce(sum(order_gbp) FILTER (WHERE months_back <= 6), 0) AS order_gbp_6m,
        coalesce(sum(order_gbp) FILTER (WHERE months_back <= 12), 0) AS order_gbp_12m,
        sum(order_gbp) AS order_gbp_life,
        max(largest_day_gbp) AS largest_day_gbp,
        sum(order_count) FILTER (WHERE months_back <= 3) AS order_count_3m,
        sum(order_count) AS order_count_life
    FROM history
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    order_gbp_1m,
    order_gbp_3m,
    order_gbp_6m,
    order_gbp_12m,
    order_gbp_life,
    2 * order_gbp_3m - order_gbp_6m AS order_gbp_change,
    largest_day_gbp,
    CAST(order_gbp_3m AS DOUBLE) / nullif(order_count_3m, 0) AS basket_gbp_3m,
    CAST(order_gbp_life AS DOUBLE) / nullif(order_count_life, 0) AS basket_gbp_life
FROM cohort
LEFT JOIN summed ON summed.customer_id = cohort.customer_id
WHERE cohort.month = $month
