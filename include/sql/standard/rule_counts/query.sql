-- Of each column the rules by which its values were read, with the number of rows.
SELECT
    {{counts}}
FROM {{read}} AS raw
