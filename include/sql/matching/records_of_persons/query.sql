-- The records that may say something of a person, each with the person it is of.
SELECT
    source.*,
    line.person_id,
    line.is_primary,
    count(*) OVER (PARTITION BY line.person_id) = 1 AS is_only
FROM match_source AS source
INNER JOIN customer_line AS line
    ON line.customer_id = source.customer_id AND line.month = $month
