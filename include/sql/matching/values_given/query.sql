-- How many records have a value of each compared column, in one row.
SELECT
    {{counts}}
FROM match_records
