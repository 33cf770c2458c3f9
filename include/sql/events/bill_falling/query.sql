-- The first month whose bill ends so many falls running: each month has a bill, each is below the one before. Counted
-- is who was billed enough before the first fall, and by now is billed less by such a share of it, both inclusive.
WITH billed AS (
    SELECT
        customer_id,
        month,
        revenue_cny AS bill_cny,
        lag(month, $falls) OVER (PARTITION BY customer_id ORDER BY month) AS first_month,
        lag(revenue_cny, $falls) OVER (PARTITION BY customer_id ORDER BY month) AS first_bill_cny,
        CASE
            WHEN revenue_cny < lag(revenue_cny) OVER (PARTITION BY customer_id ORDER BY month) THEN 1
            ELSE 0
        END AS fell
    FROM month_activity
    WHERE month < $predict_end AND date_diff('month', month, $since) <= $falls
),

counted AS (
    SELECT
        customer_id,
        month,
        bill_cny,
        first_month,
        first_bill_cny,
        sum(fell) OVER (PARTITION BY customer_id ORDER BY month) AS falls_so_far
    FROM billed
),

compared AS (
    SELECT
        customer_id,
        month,
        bill_cny,
        first_month,
        first_bill_cny,
        falls_so_far - lag(falls_so_far, $falls) OVER (PARTITION BY customer_id ORDER BY month) AS falls_running
    FROM counted
)

SELECT
    customer_id,
    min(month) AS event_date,
    min_by(first_bill_cny, month) AS first_bill_cny,
    min_by(bill_cny, month) AS bill_cny
FROM compared
WHERE month >= $since
    AND falls_running = $falls AND date_diff('month', first_month, month) = $falls
    AND first_bill_cny >= $bill_from_cny
    AND CAST(bill_cny * 100 AS DECIMAL(24, 4)) <= CAST(first_bill_cny * (100 - $fall_pct) AS DECIMAL(24, 4))
GROUP BY customer_id
