-- The judged rows; a row that people have accepted breaks no rule. Ids are made of rejected rows alone.
WITH accepted AS (
    SELECT DISTINCT
        month,
        row_id
    FROM quarantine_release
    WHERE table_name = {{table_name}}
)

SELECT rows_judged.* REPLACE (CASE WHEN accepted.row_id IS NULL THEN rows_judged.rule END AS rule)
FROM {{judged}} AS rows_judged
LEFT JOIN accepted
    ON accepted.month = rows_judged.month
    AND accepted.row_id = CASE WHEN rows_judged.rule IS NOT NULL THEN {{row_id}} END
