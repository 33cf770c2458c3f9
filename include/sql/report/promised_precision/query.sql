-- Average precision that a version promised: that of the first month in which it was judged as a candidate.
SELECT arg_min(average_precision, month) AS average_precision
FROM out_validation
WHERE kind = 'candidate' AND model_name = $name AND model_version = $version
