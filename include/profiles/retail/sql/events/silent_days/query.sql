-- Without an order or a return for $days days by the end of a month. Day n after the latest one lies in the month of that
-- day + n - 1 days; the silence counts if it is not over by the end of that month. Who has bought nothing in the whole
-- observe window is not found: he was silent before anybody asked.
WITH used AS (
    SELECT
        customer_id,
        last_contact_date,
        lead(month) OVER (PARTITION BY customer_id ORDER BY month) AS next_month
    FROM month_orders
    WHERE month >= $observe_start AND month < $predict_end
        AND last_contact_date IS NOT NULL
),

silent AS (
    SELECT
        customer_id,
        next_month,
        CAST(date_trunc('month', last_contact_date + ($days - 1)) AS DATE) AS event_month
    FROM used
)

SELECT
    customer_id,
    min(event_month) AS event_month
FROM silent
WHERE event_month >= $since AND event_month < $predict_end
    AND (next_month IS NULL OR next_month > event_month)
GROUP BY customer_id
