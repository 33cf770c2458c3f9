-- The scored pairs where there are none.
SELECT
    {{columns}}
WHERE false
