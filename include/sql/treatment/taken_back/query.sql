-- How many rows of a clean table take back what another has charged; they stay, and net it.
SELECT count(*) AS row_count
FROM {{clean}}
WHERE {{takes_back}}
