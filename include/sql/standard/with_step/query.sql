-- The rows with one step more of what is read of some columns.
SELECT
    *,
    {{step}}
FROM {{rows}} AS raw
