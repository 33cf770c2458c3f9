-- One field of each person, chosen among the values that the person's lines give. A person of one line needs no
-- choice; sorting those as well would be most of the work.
SELECT
    person_id,
    {{field_name}} AS field,
    CAST({{field}} AS VARCHAR) AS value,
    customer_id,
    known_date,
    {{rule}} AS rule,
    1 AS candidates
FROM {{lines}}
WHERE is_only AND {{field}} IS NOT NULL
UNION ALL
SELECT
    person_id,
    {{field_name}} AS field,
    value,
    customer_id,
    known_date,
    {{rule}} AS rule,
    candidates
FROM (
    SELECT
        person_id,
        customer_id,
        known_date,
        is_primary,
        value,
        count(*) OVER (PARTITION BY person_id, value) AS how_often,
        count(DISTINCT value) OVER (PARTITION BY person_id) AS candidates
    FROM (
        SELECT
            person_id,
            customer_id,
            known_date,
            is_primary,
            CAST({{field}} AS VARCHAR) AS value
        FROM {{lines}}
        WHERE NOT is_only AND {{field}} IS NOT NULL
    )
)
QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY {{best_first}}) = 1
