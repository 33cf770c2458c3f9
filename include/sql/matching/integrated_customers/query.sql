-- One row a person from the values that were chosen for it.
SELECT
    counted.person_id,
    counted.primary_customer_id,
    counted.line_count,
    counted.known_line_count,
    field.* EXCLUDE (person_id)
FROM {{counts}} AS counted
LEFT JOIN (
    SELECT
        person_id,
        {{fields}}
    FROM {{chosen}}
    GROUP BY person_id
) AS field ON field.person_id = counted.person_id
