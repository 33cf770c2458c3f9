-- F2: what the list of each month came to, for months whose list and truth are both there, as far as $label_month knew.
-- `list_window` holds the dates of each month (core/windows.py). A customer has one part: who left before the predict
-- window or for another line of his own is neither a churner nor one who stayed. Who had stayed as far as the month's own
-- label shows may have left later: labels of later months tell, and which leavings were changes of line.
WITH last_left AS (
    SELECT
        customer_id,
        max(left_date) AS last_date
    FROM (
        SELECT
            customer_id,
            left_date
        FROM label
        WHERE month <= $label_month AND left_date IS NOT NULL
        GROUP BY customer_id, left_date
        HAVING NOT bool_or(coalesce(rotated, false))
    ) AS leaving
    GROUP BY customer_id
),

known AS (
    SELECT
        truth.month,
        truth.churned,
        truth.left_early,
        coalesce(truth.rotated, false) AS rotated,
        truth.left_date,
        last_left.last_date,
        listed.rank IS NOT NULL AS is_warned
    FROM label AS truth
    LEFT JOIN last_left ON last_left.customer_id = truth.customer_id
    LEFT JOIN out_warning_list AS listed
        ON listed.month = truth.month AND listed.customer_id = truth.customer_id
    WHERE truth.month <= $label_month
        AND truth.month IN (SELECT DISTINCT month FROM out_warning_list)
),

parted AS (
    SELECT
        known.month,
        known.is_warned,
        CASE
            WHEN known.left_early AND known.left_date >= list_window.delay_from THEN 'left_in_delay'
            WHEN known.left_early THEN 'left_before_list'
            WHEN known.rotated THEN 'rotated'
            WHEN known.churned THEN 'churned'
            WHEN known.last_date >= list_window.predict_end THEN 'left_later'
            ELSE 'stayed'
        END AS part,
        NOT known.rotated
        AND known.left_date >= list_window.as_of
        AND known.left_date < list_window.predict_end AS has_left,
        known.left_date >= list_window.in_time_from AS is_in_time,
        date_diff('day', list_window.known_until, known.left_date) AS days
    FROM known
    INNER JOIN list_window ON list_window.month = known.month
)

SELECT
    month,
    count(*) AS customers,
    count(*) FILTER (WHERE part = 'churned') AS churners,
    count(*) FILTER (WHERE part = 'left_before_list') AS left_before_list,
    count(*) FILTER (WHERE part = 'left_in_delay') AS left_in_delay,
    count(*) FILTER (WHERE part = 'left_later') AS left_later,
    count(*) FILTER (WHERE part = 'rotated') AS rotated,
    count(*) FILTER (WHERE has_left) AS leavers,
    count(*) FILTER (WHERE is_warned) AS warned,
    count(*) FILTER (WHERE is_warned AND part = 'churned') AS warned_churners,
    count(*) FILTER (WHERE is_warned AND part = 'left_before_list') AS warned_left_before_list,
    count(*) FILTER (WHERE is_warned AND part = 'left_in_delay') AS warned_left_in_delay,
    count(*) FILTER (WHERE is_warned AND part = 'left_later') AS warned_left_later,
    count(*) FILTER (WHERE is_warned AND part = 'rotated') AS warned_rotated,
    count(*) FILTER (WHERE is_warned AND has_left AND is_in_time) AS warned_in_time,
    quantile_cont(days, 0.25) FILTER (WHERE is_warned AND has_left AND days >= 0) AS days_to_leaving_lower,
    quantile_cont(days, 0.5) FILTER (WHERE is_warned AND has_left AND days >= 0) AS days_to_leaving_median,
    quantile_cont(days, 0.75) FILTER (WHERE is_warned AND has_left AND days >= 0) AS days_to_leaving_upper
FROM parted
GROUP BY month
ORDER BY month
