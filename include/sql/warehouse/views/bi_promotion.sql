CREATE OR REPLACE VIEW {schema}.bi_promotion WITH (security_barrier) AS
WITH decision AS (
    SELECT p.*, p.revision = max(p.revision) OVER (PARTITION BY p.decided_in) AS is_current
    FROM {schema}.promotion AS p
)
SELECT
    d.model_name,
    d.model_version,
    d.is_promoted,
    d.decided_in AS valid_from,
    (
        SELECT min(n.decided_in) FROM decision AS n
        WHERE n.is_current AND n.decided_in > d.decided_in
            AND (n.model_name, n.model_version) <> (d.model_name, d.model_version)
    ) AS valid_to,
    d.decided_by,
    d.why,
    d.metrics,
    d.revision,
    d.is_current,
    d.recorded_at
FROM decision AS d;
