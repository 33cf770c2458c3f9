-- The rows of one month in the types and units of the contract, whatever form they came in.
SELECT
    {{values}},
    {{unreadable}} AS unreadable,
    {{shortened}} AS shortened,
    {{delivered}} AS delivered,
    NULL::VARCHAR AS reversal,
    raw.month AS month
FROM {{read}} AS raw
