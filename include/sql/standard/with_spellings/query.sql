-- The delivered rows with what the tables of spellings say of them.
SELECT
    raw.*,
    {{fields}}
FROM {{rows}} AS raw
{{spellings}}
