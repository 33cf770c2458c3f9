-- Least privilege: whatever is not granted here is refused, in this schema and for tables made later.
-- Rights that others were given on views are theirs: nothing here takes them away.
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, churn_loader, churn_bi, churn_retention, churn_reviewer;
ALTER DEFAULT PRIVILEGES FOR ROLE churn_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE churn_owner IN SCHEMA {schema}
    REVOKE ALL ON TABLES FROM PUBLIC, churn_loader, churn_bi, churn_retention, churn_reviewer;

GRANT USAGE ON SCHEMA {schema} TO churn_loader, churn_bi, churn_retention, churn_reviewer;

GRANT SELECT, INSERT ON
    {schema}.run, {schema}.audit, {schema}.warning_list, {schema}.manifest_history, {schema}.result,
    {schema}.validation, {schema}.promotion, {schema}.model_file, {schema}.model_watch, {schema}.raised_trigger
    TO churn_loader;
GRANT SELECT, INSERT, UPDATE ON {schema}.manifest, {schema}.publish_lease TO churn_loader;
GRANT SELECT, INSERT ON {schema}.ledger, {schema}.ledger_rejected, {schema}.effect TO churn_loader;
GRANT SELECT ON {schema}.bi_ledger, {schema}.bi_effect TO churn_bi, churn_retention;
GRANT SELECT, INSERT, UPDATE (ended_day, ended_why) ON {schema}.trigger_alarm TO churn_loader;
GRANT SELECT, INSERT, UPDATE ON {schema}.watch_day TO churn_loader;
GRANT SELECT, INSERT ON {schema}.quarantine_release, {schema}.check_acceptance, {schema}.model_order TO churn_loader;
GRANT SELECT ON {schema}.migration, {schema}.applied_migration TO churn_loader;
GRANT INSERT ON {schema}.vault TO churn_loader;
GRANT INSERT, SELECT (customer_id_a, customer_id_b, first_seen) ON {schema}.match_review TO churn_loader;
GRANT SELECT (customer_id_a, customer_id_b, decision, decided_by, revision) ON {schema}.match_decision TO churn_loader;

GRANT SELECT ON {schema}.list_remainder, {schema}.erasure, {schema}.erasure_month TO churn_loader;
GRANT SELECT ON {schema}.bi_erasure, {schema}.bi_model_watch, {schema}.bi_trigger TO churn_bi, churn_retention;
GRANT SELECT ON {schema}.bi_trigger_alarm, {schema}.bi_watch_day TO churn_bi, churn_retention;

GRANT SELECT ON
    {schema}.bi_warning_list, {schema}.bi_result, {schema}.bi_validation, {schema}.bi_promotion, {schema}.bi_publication
    TO churn_bi, churn_retention;
GRANT SELECT ON
    {schema}.retention_call_list, {schema}.retention_trigger, {schema}.retention_alarm, {schema}.vault
    TO churn_retention;

GRANT SELECT ON {schema}.review_queue TO churn_reviewer;
GRANT SELECT, INSERT ON {schema}.match_decision TO churn_reviewer;
