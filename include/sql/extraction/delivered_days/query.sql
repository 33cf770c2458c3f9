-- How regularly rows of a table became known: the latest day, and the longest time from one day with rows to the next.
WITH known AS (
    SELECT DISTINCT known_date AS day
    FROM {{rows}}
    WHERE known_date IS NOT NULL
),

spaced AS (
    SELECT
        day,
        date_diff('day', lag(day, 1, $since) OVER (ORDER BY day), day) AS gap_days
    FROM known
    WHERE day > $since
)

SELECT
    max(day) AS newest,
    max(gap_days) AS longest_gap_days
FROM spaced
