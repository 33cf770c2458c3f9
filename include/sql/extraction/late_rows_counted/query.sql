-- Rows that the version before could not look at; those of a day that cannot be read do not count.
SELECT
    CAST({{late_month}} AS DATE) AS late_month,
    {{table_name}} AS table_name,
    count(*) AS late_rows,
    min(known) AS known_from,
    max(known) AS known_to
FROM (
    SELECT TRY_CAST(known_date AS DATE) AS known
    FROM {{raw}}
)
WHERE known >= CAST({{since}} AS DATE)
HAVING count(*) > 0
