-- What the triggers of each month came to, for months whose triggers and truth are both there, as far as $label_month knew.
-- `list_window` holds the dates of each month (core/windows.py). Who changed lines is left out. A customer leaves who does
-- so from as_of up to the end of the predict window. "trigger" is empty for customers with any trigger, each once a month,
-- from the earliest event on; month is empty for all months together. Beside the list is who had no place on it in a month
-- that has one.
WITH known AS (
    SELECT
        truth.month,
        truth.customer_id,
        truth.left_date,
        coalesce(truth.left_date >= list_window.as_of AND truth.left_date < list_window.predict_end, FALSE) AS has_left,
        coalesce(truth.left_date >= list_window.in_time_from, FALSE) AS is_late_enough,
        listed.rank IS NULL AND truth.month IN (SELECT DISTINCT month FROM out_warning_list) AS is_beside
    FROM label AS truth
    INNER JOIN list_window ON list_window.month = truth.month
    LEFT JOIN out_warning_list AS listed
        ON listed.month = truth.month AND listed.customer_id = truth.customer_id
    WHERE truth.month <= $label_month
        AND NOT coalesce(truth.rotated, FALSE)
        AND truth.month IN (SELECT DISTINCT month FROM out_trigger)
),

raised AS (
    SELECT
        fired."trigger",
        fired.event_date,
        known.*
    FROM out_trigger AS fired
    INNER JOIN known ON known.month = fired.month AND known.customer_id = fired.customer_id
    UNION ALL
    SELECT
        NULL,
        min(fired.event_date),
        known.*
    FROM out_trigger AS fired
    INNER JOIN known ON known.month = fired.month AND known.customer_id = fired.customer_id
    GROUP BY ALL
),

together AS (
    SELECT
        month,
        count(*) AS at_risk,
        count(*) FILTER (WHERE has_left) AS leavers
    FROM known
    GROUP BY GROUPING SETS ((month), ())
),

counted AS (
    SELECT
        month,
        "trigger",
        count(*) AS customers,
        count(*) FILTER (WHERE has_left) AS left_count,
        count(*) FILTER (WHERE has_left AND is_late_enough) AS left_in_time_count,
        count(*) FILTER (WHERE is_beside) AS beside_count,
        count(*) FILTER (WHERE is_beside AND has_left) AS beside_left_count,
        quantile_cont(date_diff('day', event_date, left_date), 0.5) FILTER (WHERE has_left) AS days_to_leaving_median
    FROM raised
    GROUP BY GROUPING SETS ((month, "trigger"), ("trigger"))
)

SELECT
    counted.month,
    counted."trigger",
    together.at_risk,
    together.leavers,
    counted.customers,
    counted.left_count,
    counted.left_in_time_count,
    counted.beside_count,
    counted.beside_left_count,
    counted.days_to_leaving_median
FROM counted
INNER JOIN together ON together.month IS NOT DISTINCT FROM counted.month
ORDER BY counted.month NULLS LAST, counted."trigger" NULLS LAST
