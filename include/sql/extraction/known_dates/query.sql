-- The latest day on which something of a delivered table became known, and the rows of which something did after its
-- month was first read.
SELECT
    max(known) AS latest,
    count(*) FILTER (WHERE known >= $first) AS late
FROM {{days}}
