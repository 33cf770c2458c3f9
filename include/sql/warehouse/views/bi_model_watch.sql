CREATE OR REPLACE VIEW {schema}.bi_model_watch WITH (security_barrier) AS
SELECT
    w.month,
    w.model_name,
    w.model_version,
    w.subject,
    w.measure,
    w.value,
    w.bound,
    w.status,
    w.note,
    w.revision,
    w.recorded_at
FROM {schema}.model_watch AS w
WHERE w.revision = (
    SELECT max(o.revision) FROM {schema}.model_watch AS o WHERE o.month = w.month
);
