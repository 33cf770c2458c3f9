-- Without an order or a return for $days days by the end of a month: struck on the day of the latest one + days - 1.
-- The silence counts if it is not over by the end of the month of that day. Who has bought nothing in the whole observe
-- window is not found: he was silent before anybody asked.
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
        last_contact_date,
        last_contact_date + ($days - 1) AS event_date
    FROM used
)

SELECT
    customer_id,
    min(event_date) AS event_date,
    min_by(last_contact_date, event_date) AS last_contact_date
FROM silent
WHERE event_date >= $since AND event_date < $predict_end
    AND (next_month IS NULL OR next_month > date_trunc('month', event_date))
GROUP BY customer_id
