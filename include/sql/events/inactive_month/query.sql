-- The first month of [since, predict_end) in which the customer was not active: the one after the months in which he
-- was, as far as they follow each other from the start.
WITH active AS (
    SELECT
        customer_id,
        month,
        row_number() OVER (PARTITION BY customer_id ORDER BY month) AS nth
    FROM month_activity
    WHERE month >= $since AND month < $predict_end
        AND is_active
),

unbroken AS (
    SELECT
        customer_id,
        CAST(max(month) + INTERVAL 1 MONTH AS DATE) AS next_month
    FROM active
    WHERE date_diff('month', $since, month) = nth - 1
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(unbroken.next_month, $since) AS event_date
FROM cohort
LEFT JOIN unbroken ON unbroken.customer_id = cohort.customer_id
WHERE cohort.month = $month
    AND coalesce(unbroken.next_month, $since) < $predict_end
