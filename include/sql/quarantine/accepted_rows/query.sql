-- The rows that break no rule, without what was noted about them.
SELECT * EXCLUDE (rule, unreadable, shortened, delivered, reversal)
FROM {{judged}}
WHERE rule IS NULL
