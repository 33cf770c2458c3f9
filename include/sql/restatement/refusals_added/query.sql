-- The refusals of a run with a new one, which replaces an earlier one of the same month and task.
SELECT * EXCLUDE (month) FROM refusal
WHERE month = $month AND (refused_month, task) <> ($refused_month, $task)
UNION ALL BY NAME
SELECT * FROM new_refusal
