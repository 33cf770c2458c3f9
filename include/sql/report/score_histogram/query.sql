-- Customers of the month by churn score, in twenty bins of 0.05; a score of exactly 1 is in the last.
SELECT
    least(floor(churn_score * 20), 19)::BIGINT AS bin,
    count(*) AS customers
FROM score_churn
WHERE month = $month
GROUP BY bin
ORDER BY bin
