-- What raised the scores of the listed customers, by feature. Contributions are made decimal first: sums of decimals
-- are exact, so they do not depend on the order of rows.
SELECT
    feature,
    sum(contribution::DECIMAL(18, 6)) AS contribution,
    count(*) AS customers
FROM score_factor
WHERE month = $month AND contribution > 0
GROUP BY feature
ORDER BY contribution DESC, feature
