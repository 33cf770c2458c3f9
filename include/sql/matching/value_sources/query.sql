-- Where each value of a person comes from; the value is not repeated.
SELECT
    person_id,
    field,
    {{source}} AS source_table,
    customer_id,
    known_date,
    rule,
    candidates
FROM {{chosen}}
