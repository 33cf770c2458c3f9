-- F2: what the list of each month came to, for months whose list and truth are both there. Everybody of the cohort
-- counts; who left during the delay could not be called in time, is no churner of the predict window, and is shown apart.
-- So is who left for another line of his own.
SELECT
    truth.month,
    count(*) AS customers,
    count(*) FILTER (WHERE truth.churned AND NOT truth.left_early) AS churners,
    count(*) FILTER (WHERE truth.left_early) AS left_in_delay,
    count(*) FILTER (WHERE listed.rank IS NOT NULL) AS warned,
    count(*) FILTER (WHERE truth.churned AND NOT truth.left_early AND listed.rank IS NOT NULL) AS warned_churners,
    count(*) FILTER (WHERE truth.left_early AND listed.rank IS NOT NULL) AS warned_left_in_delay,
    count(*) FILTER (WHERE truth.rotated) AS rotated,
    count(*) FILTER (WHERE truth.rotated AND listed.rank IS NOT NULL) AS warned_rotated
FROM label AS truth
LEFT JOIN out_warning_list AS listed
    ON listed.month = truth.month AND listed.customer_id = truth.customer_id
WHERE truth.month <= $label_month
    AND truth.month IN (SELECT DISTINCT month FROM out_warning_list)
GROUP BY truth.month
ORDER BY truth.month
