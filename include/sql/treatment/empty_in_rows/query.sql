-- Empty values of each column, counted in the rows.
SELECT
    {{counts}}
FROM {{rows}}
