-- Silent for $days days by the end of a month. Day n after the latest use lies in the month of that use + n - 1 days; the
-- silence counts if it is not over by the end of that month. Who has used nothing in the whole observe window is not
-- found: he was silent before anybody asked. Own past is read from the start of the observe window.
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
        CAST(date_trunc('month', last_use_date + ($days - 1)) AS DATE) AS event_month
    FROM used
)

SELECT
    customer_id,
    min(event_month) AS event_month
FROM silent
WHERE event_month >= $since AND event_month < $predict_end
    AND (next_month IS NULL OR next_month > event_month)
GROUP BY customer_id
