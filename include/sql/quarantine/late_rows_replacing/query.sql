-- Late rows whose key was there before: of doubles the one learnt last counts.
SELECT *
FROM late_clean
SEMI JOIN late_doubles USING ({{key}})
