-- How many records there are, and how many of them meet another one in some group.
SELECT
    count(*) AS record_count,
    count(*) FILTER ({{in_a_group}}) AS grouped_count
FROM match_records
