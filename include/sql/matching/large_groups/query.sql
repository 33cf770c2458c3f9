-- How many records one blocking rule leaves out, because their group would make too many pairs.
SELECT coalesce(sum(in_group), 0) AS record_count
FROM (
    SELECT count(*) AS in_group
    FROM match_records
    WHERE {{key}} IS NOT NULL
    GROUP BY {{key}}
    HAVING count(*) > {{most}}
)
