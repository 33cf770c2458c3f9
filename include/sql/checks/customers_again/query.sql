-- Customers of the month before and of this one, and how many of both: by region, as either month knows it.
WITH customer AS (
    SELECT
        customer_id,
        bool_or(month < $month) AS was_there,
        bool_or(month = $month) AS is_there
    FROM month_activity
    WHERE month >= $before AND month < $as_of
        AND is_active
    GROUP BY customer_id
),

home AS (
    SELECT
        customer_id,
        arg_max(region_code, month) AS region_code
    FROM {{regions}}
    WHERE month >= $before AND month < $as_of
    GROUP BY customer_id
)

SELECT
    coalesce(home.region_code, '') AS region_code,
    count(*) FILTER (was_there) AS customers_before,
    count(*) FILTER (is_there) AS customers_now,
    count(*) FILTER (was_there AND NOT is_there) AS gone,
    count(*) FILTER (is_there AND NOT was_there) AS joined,
    list(customer.customer_id ORDER BY customer.customer_id) FILTER (was_there AND NOT is_there)[:5] AS gone_examples
FROM customer
LEFT JOIN home ON home.customer_id = customer.customer_id
GROUP BY ALL
ORDER BY region_code
