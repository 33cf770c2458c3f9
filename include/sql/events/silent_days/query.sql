-- Silent for $days days by the end of a month: struck on the day of the latest use + days - 1. The silence counts if it
-- is not over by the end of the month of that day. Who has used nothing in the whole observe window is not found: he
-- was silent before anybody asked. Own past is read from the start of the observe window.
WITH used AS (
    SELECT
        customer_id,
        last_use_date,
        lead(month) OVER (PARTITION BY customer_id ORDER BY month) AS next_month
    FROM month_usage
    WHERE month >= $observe_start AND month < $predict_end
        AND last_use_date IS NOT NULL
),

silent AS (
    SELECT
        customer_id,
        next_month,
        last_use_date,
        last_use_date + ($days - 1) AS event_date
    FROM used
)

SELECT
    customer_id,
    min(event_date) AS event_date,
    min_by(last_use_date, event_date) AS last_use_date
FROM silent
WHERE event_date >= $since AND event_date < $predict_end
    AND (next_month IS NULL OR next_month > date_trunc('month', event_date))
GROUP BY customer_id
