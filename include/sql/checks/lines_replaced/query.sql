-- Lines about source tables of which a restated run makes only some anew: the new ones, and those that stay.
SELECT * FROM new_lines
UNION ALL BY NAME
SELECT * EXCLUDE (month)
FROM {{lines}}
WHERE month = $month AND list_contains($kept, table_name)
