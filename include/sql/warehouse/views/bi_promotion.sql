CREATE OR REPLACE VIEW {schema}.bi_promotion WITH (security_barrier) AS
WITH decision AS (
    SELECT p.*, p.revision = max(p.revision) OVER (PARTITION BY p.decided_in) AS is_current
    FROM {schema}.promotion AS p
),

retired AS (
    SELECT DISTINCT ON (o.model_name, o.model_version) o.model_name, o.model_version, o.from_month, o.is_in_force
    FROM {schema}.model_order AS o
    WHERE o.kind = 'retire'
    ORDER BY o.model_name, o.model_version, o.order_id DESC
)
SELECT
    d.model_name,
    d.model_version,
    d.is_promoted,
    d.decided_in AS valid_from,
    least(
        (
            SELECT min(n.decided_in) FROM decision AS n
            WHERE n.is_current AND n.decided_in > d.decided_in
                AND (n.model_name, n.model_version) <> (d.model_name, d.model_version)
        ),
        (
            SELECT greatest(r.from_month, d.decided_in) FROM retired AS r
            WHERE r.is_in_force AND (r.model_name, r.model_version) = (d.model_name, d.model_version)
        )
    ) AS valid_to,
    d.decided_by,
    d.why,
    d.metrics,
    d.revision,
    d.is_current,
    d.recorded_at
FROM decision AS d;
