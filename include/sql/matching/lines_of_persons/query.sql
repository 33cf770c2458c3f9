-- Each line with its person. Who opened another line within $rotation_days of the end of one has a successor; with
-- 0 days nobody has. A line that match_persons does not name is a person of its own.
WITH line AS (
    SELECT
        known.*,
        coalesce(named.person_id, 'P' || known.customer_id) AS person_id
    FROM match_lines AS known
    LEFT JOIN match_persons AS named ON named.customer_id = known.customer_id
),

shared AS (
    SELECT *
    FROM line
    WHERE person_id IN (SELECT person_id FROM line GROUP BY person_id HAVING count(*) > 1)
),

successor AS (
    SELECT
        ended.customer_id,
        other.customer_id AS successor_id
    FROM shared AS ended
    INNER JOIN shared AS other
        ON other.person_id = ended.person_id
        AND other.customer_id <> ended.customer_id
        AND abs(date_diff('day', ended.ended_date, other.opened_date)) <= $rotation_days
    WHERE $rotation_days > 0 AND other.is_current AND other.opened_date > ended.opened_date
    QUALIFY row_number() OVER (
        PARTITION BY ended.customer_id
        ORDER BY
            abs(date_diff('day', ended.ended_date, other.opened_date)),
            other.opened_date,
            other.customer_id
    ) = 1
)

SELECT
    line.*,
    successor.successor_id,
    row_number() OVER (
        PARTITION BY person_id
        ORDER BY is_current DESC, opened_date NULLS LAST, line.customer_id
    ) = 1 AS is_primary,
    CAST(sum(CAST(is_current AS INTEGER)) OVER (PARTITION BY person_id) AS BIGINT) AS line_count
FROM line
LEFT JOIN successor ON successor.customer_id = line.customer_id
