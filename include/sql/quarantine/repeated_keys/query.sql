-- The keys that stand in more than one row, each as a hash: two keys of one hash are told apart where rows are judged.
SELECT hash({{key}}) AS key_hash
FROM {{standard}}
GROUP BY key_hash
HAVING count(*) > 1
