-- Each key once, however often it was delivered.
SELECT count(*) AS key_count
FROM (
    SELECT DISTINCT {{key}}
    FROM {{rows}}
)
