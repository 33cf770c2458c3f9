-- How many rows were judged, and how many of them were set aside.
SELECT
    count(*) AS total,
    count(rule) AS quarantined
FROM {{judged}}
