-- Share of leavers by month, for months whose truth was in.
SELECT
    month,
    count(*) AS customers,
    count(*) FILTER (WHERE churned AND NOT left_in_delay) AS churners,
    count(*) FILTER (WHERE left_in_delay) AS left_in_delay
FROM label
WHERE month <= $label_month
GROUP BY month
ORDER BY month
