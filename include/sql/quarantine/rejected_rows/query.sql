-- The rejected rows of one raw table; a row delivered twice is one row with a count.
SELECT
    {{table_name}} AS table_name,
    {{row_id}} AS row_id,
    rule,
    {{column_name}} AS column_name,
    {{value_text}} AS value_text,
    {{other_rules}} AS other_rules,
    delivered::VARCHAR AS row_json,
    count(*) AS row_count
FROM {{judged}}
WHERE rule IS NOT NULL
GROUP BY ALL
