-- F2: what the list of each month came to, for months whose list and truth are both there, as far as $label_month knew.
-- `list_window` holds the dates of each month (core/windows.py). A customer has one part: who left before the predict
-- window or for another line of his own is neither a churner nor one who stayed. Who had stayed as far as the month's own
-- label shows may have left later: later labels tell.
WITH later AS (
    SELECT
        stayed.month,
        stayed.customer_id,
        min(gone.left_date) AS left_date,
        bool_or(coalesce(gone.rotated, false)) AS has_changed_lines
    FROM label AS stayed
    INNER JOIN list_window ON list_window.month = stayed.month
    INNER JOIN label AS gone ON gone.customer_id = stayed.customer_id AND gone.month > stayed.month
    WHERE coalesce(stayed.left_date, list_window.predict_end) >= list_window.predict_end
        AND gone.month <= $label_month
        AND gone.left_date >= list_window.predict_end
    GROUP BY stayed.month, stayed.customer_id
),

known AS (
    SELECT
        truth.month,
        truth.churned,
        truth.left_early,
        coalesce(truth.rotated, false) AS rotated,
        coalesce(later.has_changed_lines, false) AS has_changed_lines,
        coalesce(truth.left_date, later.left_date) AS left_date,
        listed.rank IS NOT NULL AS is_warned
    FROM label AS truth
    LEFT JOIN later ON later.month = truth.month AND later.customer_id = truth.customer_id
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
            WHEN known.has_changed_lines THEN 'stayed'
            WHEN known.left_date >= list_window.predict_end THEN 'left_later'
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
