-- How bills were paid in the month: the way taken most often; of equally frequent ones the latest, then by name.
WITH ways AS (
    SELECT
        customer_id,
        channel,
        count(*) AS payment_count,
        max(event_date) AS latest_date
    FROM clean_payment
    WHERE month = $month AND event_date >= $month AND event_date < $as_of
        AND known_date < $known_until AND channel IS NOT NULL
    GROUP BY customer_id, channel
),

ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY customer_id ORDER BY payment_count DESC, latest_date DESC, channel) AS place
    FROM ways
)

SELECT
    customer_id,
    channel AS payment_channel
FROM ranked
WHERE place = 1
