-- One row of each key: of the rows learnt last, equal ones once, the amounts of the others added up.
SELECT * REPLACE ({{sums}})
FROM (
    SELECT DISTINCT *
    FROM {{accepted}}
    QUALIFY rank() OVER (PARTITION BY {{key}} ORDER BY known_date DESC NULLS LAST) = 1
) AS line
QUALIFY row_number() OVER (PARTITION BY {{key}} ORDER BY {{last_learnt_first}}) = 1
