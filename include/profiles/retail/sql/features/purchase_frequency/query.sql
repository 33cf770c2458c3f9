-- How often, over windows of growing length ("months back" counts from as_of: 1 is the month of the run), and what the
-- customer did a year ago in the months that are now ahead, in the delay, and in those just seen. Months of a year ago
-- end before as_of as long as delay and predict together are shorter than a year. They are empty while the lake does
-- not reach back so far: "did not order" and "not known" are different things.
WITH history AS (
    SELECT
        customer_id,
        month + INTERVAL 1 YEAR AS month_in_a_year,
        date_diff('month', month, $as_of) AS months_back,
        order_count,
        order_days
    FROM month_orders
    WHERE month < $as_of
),

summed AS (
    SELECT
        customer_id,
        coalesce(sum(order_count) FILTER (WHERE months_back = 1), 0) AS order_count_1m,
        coalesce(sum(order_count) FILTER (WHERE months_back = 2), 0) AS order_count_month_2,
        coalesce(sum(order_count) FILTER (WHERE months_back = 3), 0) AS order_count_month_3,
        coalesce(sum(order_count) FILTER (WHERE months_back <= 3), 0) AS order_count_3m,
        coalesce(sum(order_count) FILTER (WHERE months_back <= 6), 0) AS order_count_6m,
        coalesce(sum(order_count) FILTER (WHERE months_back <= 12), 0) AS order_count_12m,
        sum(order_count) AS order_count_life,
        coalesce(sum(order_days) FILTER (WHERE months_back <= 3), 0) AS order_days_3m,
        sum(order_days) AS order_days_life,
        count(*) FILTER (WHERE months_back <= 3) AS active_months_3m,
        count(*) FILTER (WHERE months_back <= 6) AS active_months_6m,
        count(*) FILTER (WHERE months_back <= 12) AS active_months_12m,
        count(*) AS active_months_life,
        max(months_back) AS months_known,
        coalesce(sum(order_count) FILTER (
            WHERE month_in_a_year >= $predict_start AND month_in_a_year < $predict_end
        ), 0) AS ahead,
        coalesce(sum(order_count) FILTER (
            WHERE month_in_a_year >= $as_of AND month_in_a_year < $predict_start
        ), 0) AS in_delay,
        coalesce(sum(order_count) FILTER (
            WHERE month_in_a_year >= $observe_start AND month_in_a_year < $as_of
        ), 0) AS seen
    FROM history
    GROUP BY customer_id
),

reach AS (
    SELECT min(month_in_a_year) AS from_month FROM history
)

SELECT
    cohort.customer_id,
    order_count_1m,
    order_count_month_2,
    order_count_month_3,
    order_count_3m,
    order_count_6m,
    order_count_12m,
    order_count_life,
    2 * order_count_3m - order_count_6m AS order_count_change,
    order_days_3m,
    order_days_life,
    active_months_3m,
    active_months_6m,
    active_months_12m,
    active_months_life,
    100.0 * active_months_life / months_known AS active_months_share_pct,
    CASE WHEN from_month <= $predict_start THEN ahead END AS ahead_year_ago_order_count,
    CASE WHEN from_month <= $as_of THEN in_delay END AS delay_year_ago_order_count,
    CASE WHEN from_month <= $observe_start THEN seen END AS seen_year_ago_order_count
FROM cohort
CROSS JOIN reach
LEFT JOIN summed ON summed.customer_id = cohort.customer_id
WHERE cohort.month = $month
