-- Rows of which the version before could not look at everything, and those whose days cannot be read.
SELECT
    count(*) FILTER (WHERE known >= $since) AS late_rows,
    count(*) FILTER (WHERE known_date >= $since) AS new_rows,
    count(unreadable) AS unreadable_rows,
    min(known) FILTER (WHERE known >= $since) AS known_from,
    max(known) AS known_to
FROM {{days}}
