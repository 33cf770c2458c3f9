-- How many pairs of records agree on all of these columns: enough to learn from, or not.
SELECT coalesce(sum(in_group * (in_group - 1) // 2), 0)::BIGINT AS pair_count
FROM (
    SELECT count(*) AS in_group
    FROM match_records
    WHERE {{all_given}}
    GROUP BY {{names}}
)
