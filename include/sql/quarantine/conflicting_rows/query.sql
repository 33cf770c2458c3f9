-- The judged rows; those that contradict another of their key break the rule of conflicts.
SELECT rows_judged.* REPLACE (
    CASE
        WHEN rows_judged.rule IS NULL AND conflict.key_hash IS NOT NULL THEN {{rule}}
        ELSE rows_judged.rule
    END AS rule
)
FROM {{judged}} AS rows_judged
LEFT JOIN (SELECT DISTINCT key_hash, learnt_date FROM {{fates}} WHERE fate = 'conflict') AS conflict
    ON conflict.key_hash = hash({{key}}) AND conflict.learnt_date IS NOT DISTINCT FROM {{learnt}}
