-- Damaged lines of files as rows of the quarantine: what they are of cannot be told, so the file and line stand for them.
SELECT
    table_name,
    left(sha256(concat_ws('|', relation_name, file_name, line_number, line_text)), 16) AS row_id,
    kind AS rule,
    nullif(column_name, '') AS column_name,
    concat(file_name, ', line ', line_number) AS value_text,
    CAST(NULL AS VARCHAR) AS other_rules,
    CAST(to_json(struct_pack(file := file_name, line := line_number, text := line_text)) AS VARCHAR) AS row_json,
    CAST(sum(row_count) AS BIGINT) AS row_count
FROM file_line
WHERE month = $month AND list_contains($damage, kind)
GROUP BY ALL
