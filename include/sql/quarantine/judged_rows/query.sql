-- The standard rows with the first rule that each of them breaks.
SELECT
    *,
    {{rule}} AS rule
FROM {{standard}}
