-- Orders and returns of the month, first summed to days, because gaps between order days are what tells of leaving.
WITH day AS (
    SELECT
        customer_id,
        event_date,
        count(DISTINCT invoice_id) FILTER (WHERE NOT is_cancellation) AS orders,
        count(DISTINCT invoice_id) FILTER (WHERE is_cancellation) AS returns,
        count(*) FILTER (WHERE NOT is_cancellation) AS lines,
        coalesce(sum(quantity) FILTER (WHERE NOT is_cancellation AND is_article), 0) AS units,
        coalesce(sum(quantity * unit_price_gbp) FILTER (WHERE NOT is_cancellation), 0) AS order_gbp,
        coalesce(-sum(quantity * unit_price_gbp) FILTER (WHERE is_cancellation), 0) AS return_gbp
    FROM clean_invoice_line
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
    GROUP BY customer_id, event_date
),

gap AS (
    SELECT
        *,
        CASE WHEN orders > 0 THEN event_date - lag(event_date) OVER (
            PARTITION BY customer_id, orders > 0 ORDER BY event_date
        ) END AS gap_days
    FROM day
),

product AS (
    SELECT
        customer_id,
        count(DISTINCT stock_code) AS products
    FROM clean_invoice_line
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until
        AND NOT is_cancellation AND is_article
    GROUP BY customer_id
)

SELECT
    gap.customer_id,
    sum(orders) AS order_count,
    count(*) FILTER (WHERE orders > 0) AS order_days,
    sum(returns) AS return_count,
    sum(lines) AS line_count,
    sum(units) AS unit_count,
    coalesce(any_value(product.products), 0) AS product_count,
    sum(order_gbp) AS order_gbp,
    sum(return_gbp) AS return_gbp,
    max(order_gbp) AS largest_day_gbp,
    min(event_date) FILTER (WHERE orders > 0) AS first_order_date,
    max(event_date) FILTER (WHERE orders > 0) AS last_order_date,
    max(event_date) AS last_contact_date,
    coalesce(sum(gap_days * gap_days), 0) AS gap_days_squared
FROM gap
LEFT JOIN product ON product.customer_id = gap.customer_id
GROUP BY gap.customer_id
