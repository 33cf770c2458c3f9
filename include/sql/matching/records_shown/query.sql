-- The records of the lines in wanted_lines, as the source has them now.
SELECT
    customer_id,
    {{number}} AS phone_token,
    to_json({{record}})::VARCHAR AS record_json
FROM match_source
WHERE customer_id IN (SELECT customer_id FROM wanted_lines)
