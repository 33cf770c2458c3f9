-- How many lines a person has, for the persons of whom there is a record.
SELECT
    person_id,
    max(customer_id) FILTER (WHERE is_primary) AS primary_customer_id,
    max(line_count) AS line_count,
    count(*) AS known_line_count
FROM customer_line
WHERE month = $month AND person_id IN (SELECT person_id FROM survivor_lines)
GROUP BY person_id
