-- The day of leaving (C1). A closing that the source has recorded, and that still stands when the truth is known, gives
-- the day itself, whether or not bills trail after it; it stands if the last month that shows the customer says so,
-- since sources drop who has gone. A closed record that is changed later keeps the day on which it closed: of the months
-- since the account was last open, the earliest day counts. Else it is the last day of the last active month, if the month after that one has
-- ended without activity: who pauses for a month and comes back has not left. Months are read from the observe window
-- on, whatever $since says: who was active last in the observe window left before the list was out.
WITH last_active AS (
    SELECT
        customer_id,
        CAST(max(month) + INTERVAL 1 MONTH AS DATE) AS next_month
    FROM month_activity
    WHERE month >= $observe_start AND month < $label_known
        AND is_active
    GROUP BY customer_id
),

known AS (
    SELECT
        customer_id,
        month,
        has_left,
        closed_date,
        max(CASE WHEN has_left THEN NULL ELSE month END) OVER (PARTITION BY customer_id) AS last_open
    FROM month_profile
    WHERE month > $month AND month < $label_known
),

closed AS (
    SELECT
        customer_id,
        coalesce(min(closed_date), min(month)) AS closed_date
    FROM known
    WHERE has_left AND (last_open IS NULL OR month > last_open)
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(closed.closed_date, last_active.next_month - 1) AS event_date
FROM cohort
LEFT JOIN last_active ON last_active.customer_id = cohort.customer_id
LEFT JOIN closed ON closed.customer_id = cohort.customer_id
WHERE cohort.month = $month
    AND (closed.customer_id IS NOT NULL OR last_active.next_month < $label_known)
