CREATE OR REPLACE VIEW {schema}.bi_watch_day WITH (security_barrier) AS
SELECT
    d.day,
    d.rows_taken,
    d.rows_rejected,
    d.alarms_raised,
    d.is_complete,
    d.missing_en,
    d.missing_zh,
    d.sources,
    d.recorded_at
FROM {schema}.watch_day AS d;
