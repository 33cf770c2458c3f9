-- Late rows counted beside those before them; of tables that were judged as a whole the new lines alone.
WITH found_before AS (
    SELECT before.*
    FROM {{before}} AS before
    ANTI JOIN {{spelling_before}} AS spelling USING (table_name, column_name, rule)
    WHERE NOT list_contains($judged, before.table_name)
),

found AS (
    SELECT table_name, column_name, rule, unmapped, row_count, examples FROM found_before
    UNION ALL
    SELECT table_name, column_name, rule, unmapped, row_count, examples FROM found_lines
)

SELECT
    table_name,
    column_name,
    rule,
    unmapped,
    CAST(sum(row_count) AS BIGINT) AS row_count,
    min(examples) AS examples
FROM found
GROUP BY table_name, column_name, rule, unmapped
