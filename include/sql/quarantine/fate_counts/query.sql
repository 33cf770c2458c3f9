-- How many rows have each fate.
SELECT
    count(*) FILTER (fate = 'double') AS double,
    count(*) FILTER (fate = 'replaced') AS replaced,
    count(*) FILTER (fate = 'added_up') AS added_up,
    count(*) FILTER (fate = 'conflict') AS conflict
FROM {{fates}}
