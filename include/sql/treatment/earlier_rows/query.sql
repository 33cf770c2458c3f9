-- What may be learnt from: earlier months of the window that passed the checks, never the month itself.
SELECT *
FROM {{clean}}
WHERE {{accepted_month}}
