-- Doubtful pairs of customer records and what people decided about them. Both tables are only added to, for ever: a pair
-- is asked about once, a decision is taken back by another one. Names and addresses are read by churn_reviewer alone;
-- the pipeline adds them and cannot read them back.
-- No constraint but types and key: a violated one would print the row, names and all, in the server's log.
CREATE TABLE IF NOT EXISTS {schema}.match_review (
    customer_id_a text,
    customer_id_b text,
    first_seen date,
    probability double precision,
    reason text,
    evidence text,
    evidence_zh text,
    phone_token_a text,
    record_a jsonb,
    phone_token_b text,
    record_b jsonb,
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (customer_id_a, customer_id_b)
);

CREATE TABLE IF NOT EXISTS {schema}.match_decision (
    revision bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id_a text NOT NULL,
    customer_id_b text NOT NULL CHECK (customer_id_a < customer_id_b),
    decision text NOT NULL CHECK (decision IN ('same', 'different', 'undo')),
    decided_by text NOT NULL CHECK (decided_by <> ''),
    why text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS match_decision_pair ON {schema}.match_decision (customer_id_a, customer_id_b, revision);

DROP VIEW IF EXISTS {schema}.review_queue;
CREATE VIEW {schema}.review_queue WITH (security_barrier) AS
SELECT
    r.customer_id_a,
    r.customer_id_b,
    r.first_seen,
    r.probability,
    r.reason,
    r.evidence,
    r.evidence_zh,
    CASE WHEN length(a.phone_number) >= 8
        THEN left(a.phone_number, 3) || '****' || right(a.phone_number, 4) END AS phone_masked_a,
    r.record_a,
    CASE WHEN length(b.phone_number) >= 8
        THEN left(b.phone_number, 3) || '****' || right(b.phone_number, 4) END AS phone_masked_b,
    r.record_b,
    CASE WHEN d.decision IN ('same', 'different') THEN d.decision ELSE 'open' END AS state,
    d.decision,
    d.decided_by,
    d.why,
    d.revision,
    d.recorded_at
FROM {schema}.match_review AS r
LEFT JOIN {schema}.vault AS a ON a.phone_token = r.phone_token_a
LEFT JOIN {schema}.vault AS b ON b.phone_token = r.phone_token_b
LEFT JOIN LATERAL (
    SELECT o.decision, o.decided_by, o.why, o.revision, o.recorded_at
    FROM {schema}.match_decision AS o
    WHERE o.customer_id_a = r.customer_id_a AND o.customer_id_b = r.customer_id_b
    ORDER BY o.revision DESC LIMIT 1
) AS d ON true;

REVOKE ALL ON {schema}.match_review, {schema}.match_decision, {schema}.review_queue
    FROM PUBLIC, churn_loader, churn_bi, churn_retention, churn_reviewer;
ALTER DEFAULT PRIVILEGES FOR ROLE churn_owner IN SCHEMA {schema} REVOKE ALL ON TABLES FROM churn_reviewer;
GRANT USAGE ON SCHEMA {schema} TO churn_reviewer;
GRANT INSERT, SELECT (customer_id_a, customer_id_b, first_seen) ON {schema}.match_review TO churn_loader;
GRANT SELECT (customer_id_a, customer_id_b, decision, decided_by, revision) ON {schema}.match_decision TO churn_loader;
GRANT SELECT ON {schema}.review_queue TO churn_reviewer;
GRANT SELECT, INSERT ON {schema}.match_decision TO churn_reviewer;
