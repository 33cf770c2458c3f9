-- Of each row whether something of it became known since a day, and whether the row itself did; in the order of the rows.
SELECT
    coalesce(known >= $since, false) AS is_late,
    coalesce(known_date >= $since, false) AS is_new,
    unreadable,
    value
FROM {{days}}
