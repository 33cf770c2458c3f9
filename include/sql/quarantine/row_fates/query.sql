-- What becomes of each accepted row whose key stands in another one too. The rows learnt last count: equal ones once,
-- and those that differ only in amounts as lines of one thing, added up. Rows of one day that contradict each other are a
-- conflict, also where a later row tells which was right: a month must not depend on the day on which it is read.
WITH alike AS (
    SELECT
        hash({{key}}) AS key_hash,
        hash({{content}}) AS content,
        {{learnt}} AS learnt_date,
        row_number() OVER (PARTITION BY {{columns}}) AS copy,
        row_number() OVER (PARTITION BY {{key}}, {{learnt}}) AS line,
        max({{learnt}}) OVER (PARTITION BY {{key}}) AS newest
    FROM {{accepted}}
    WHERE hash({{key}}) IN (SELECT key_hash FROM {{repeated}})
),

compared AS (
    SELECT
        *,
        learnt_date IS DISTINCT FROM newest AS is_older,
        min(content) OVER same_day <> max(content) OVER same_day AS differs,
        row_number() OVER (PARTITION BY key_hash, learnt_date ORDER BY copy, line) AS place
    FROM alike
    WINDOW same_day AS (PARTITION BY key_hash, learnt_date)
)

SELECT
    key_hash,
    learnt_date,
    CASE
        WHEN differs THEN 'conflict'
        WHEN copy > 1 THEN 'double'
        WHEN is_older THEN 'replaced'
        WHEN place > 1 THEN 'added_up'
        ELSE 'kept'
    END AS fate
FROM compared
