-- Share of leavers by month, for months whose truth was in.
SELECT
    month,
    count(*) AS customers,
    count(*) FILTER (WHERE churned AND NOT left_early) AS churners,
    count(*) FILTER (WHERE left_early) AS left_early
FROM label
WHERE month <= $label_month
GROUP BY month
ORDER BY month
