-- The rows that break no rule, without what was noted about them.
SELECT * EXCLUDE (rule, unreadable, shortened, formula, delivered, reversal)
FROM {{judged}}
WHERE rule IS NULL
