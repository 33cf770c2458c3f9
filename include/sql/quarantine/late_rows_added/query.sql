-- Late rows whose key was not there before.
SELECT *
FROM late_clean
ANTI JOIN late_doubles USING ({{key}})
