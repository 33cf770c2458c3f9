-- Wholly equal rows once.
SELECT DISTINCT *
FROM {{accepted}}
