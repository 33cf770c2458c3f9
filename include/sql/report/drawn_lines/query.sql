-- H4: the lines whose arm was drawn for their list, of lists whose truth is in as far as $label_month knew: what was
-- expected of them, and whether they left while the list ran. `list_window` holds the dates of each month
-- (core/windows.py). Who had left before the list was out could not be called, whatever the lot said: left out.
SELECT
    listed.month,
    listed.customer_id,
    coalesce(listed.person_id, listed.customer_id) AS person_id,
    listed.arm,
    listed.cause_1 AS cause,
    listed.churn_score,
    coalesce(listed.arpu_cny, 0)::DOUBLE AS arpu_cny,
    coalesce(truth.left_date < list_window.predict_end AND NOT coalesce(truth.rotated, false), false) AS has_left,
    list_window.delay_from AS from_day,
    list_window.predict_end AS to_day
FROM out_warning_list AS listed
INNER JOIN list_window ON list_window.month = listed.month
INNER JOIN label AS truth ON truth.month = listed.month AND truth.customer_id = listed.customer_id
WHERE listed.month <= $label_month
    AND listed.arm IN ('treat', 'hold_out')
    AND listed.arm_month = listed.month
    AND coalesce(truth.left_date >= list_window.delay_from, true)
ORDER BY listed.month, listed.customer_id
