-- One row of each key: the one learnt last.
SELECT *
FROM {{accepted}}
QUALIFY row_number() OVER (PARTITION BY {{key}} ORDER BY {{last_learnt_first}}) = 1
