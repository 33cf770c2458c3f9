-- Every table as it was before migrations were numbered; a warehouse from before then already has some or all of it.

-- Runs, what was audited and what each month points to. Runs are only ever added.
CREATE TABLE IF NOT EXISTS {schema}.publish_lease (
    month date PRIMARY KEY,
    token bigint NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS {schema}.run (
    month date NOT NULL,
    run_id text NOT NULL,
    row_count bigint NOT NULL,
    checksum text NOT NULL,
    token bigint NOT NULL,
    staged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (month, run_id)
);

CREATE TABLE IF NOT EXISTS {schema}.audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month date NOT NULL,
    run_id text NOT NULL,
    is_passed boolean NOT NULL,
    findings jsonb NOT NULL,
    audited_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (month, run_id) REFERENCES {schema}.run
);

-- No constraint but the types: a violated one would print the row, and with it the customer, in the
-- server's log. The audit finds the same faults before anybody can see the rows, and reports counts.
CREATE TABLE IF NOT EXISTS {schema}.warning_list (
    month date,
    run_id text,
    rank bigint,
    customer_id text,
    phone_token text,
    arpu_cny numeric(18, 4),
    region_code text,
    customer_group text,
    churn_score double precision,
    action_priority double precision,
    level text,
    reason_1 text,
    reason_1_en text,
    reason_1_zh text,
    reason_2 text,
    reason_2_en text,
    reason_2_zh text,
    reason_3 text,
    reason_3_en text,
    reason_3_zh text,
    strategy_en text,
    strategy_zh text,
    model_name text,
    model_version bigint,
    feature_set text
);
-- The person behind the line; lists from before these columns do not say.
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS person_id text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS line_count bigint;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS person_arpu_cny numeric(18, 4);
CREATE INDEX IF NOT EXISTS warning_list_run ON {schema}.warning_list (month, run_id, rank);

CREATE TABLE IF NOT EXISTS {schema}.manifest (
    month date PRIMARY KEY,
    run_id text NOT NULL,
    version integer NOT NULL,
    token bigint NOT NULL,
    published_at timestamptz NOT NULL,
    FOREIGN KEY (month, run_id) REFERENCES {schema}.run
);

CREATE TABLE IF NOT EXISTS {schema}.manifest_history (
    month date NOT NULL,
    version integer NOT NULL,
    run_id text NOT NULL,
    token bigint NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (month, version),
    FOREIGN KEY (month, run_id) REFERENCES {schema}.run
);

-- Up to which day a list knows, and whether it restates its month. Lists from before these columns are first lists.
ALTER TABLE {schema}.manifest ADD COLUMN IF NOT EXISTS known_until date;
ALTER TABLE {schema}.manifest ADD COLUMN IF NOT EXISTS is_restated boolean NOT NULL DEFAULT false;
ALTER TABLE {schema}.manifest_history ADD COLUMN IF NOT EXISTS known_until date;
ALTER TABLE {schema}.manifest_history ADD COLUMN IF NOT EXISTS is_restated boolean NOT NULL DEFAULT false;

-- What the list of a month came to, once the truth of that month was in (F2).
CREATE TABLE IF NOT EXISTS {schema}.result (
    month date NOT NULL,
    run_id text NOT NULL,
    revision integer NOT NULL,
    customers bigint NOT NULL,
    churners bigint NOT NULL,
    left_in_delay bigint NOT NULL,
    warned bigint NOT NULL,
    warned_churners bigint NOT NULL,
    warned_left_in_delay bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (month, revision),
    FOREIGN KEY (month, run_id) REFERENCES {schema}.run
);

ALTER TABLE {schema}.result ADD COLUMN IF NOT EXISTS known_until date;

-- Each candidate of a run on the month it was tested on; the measures as the run computed them.
CREATE TABLE IF NOT EXISTS {schema}.validation (
    month date NOT NULL,
    tested_month date NOT NULL,
    candidate text NOT NULL,
    revision integer NOT NULL,
    measures jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (month, tested_month, candidate, revision)
);

CREATE TABLE IF NOT EXISTS {schema}.promotion (
    decided_in date NOT NULL,
    revision integer NOT NULL,
    model_name text NOT NULL,
    model_version bigint NOT NULL,
    is_promoted boolean NOT NULL,
    decided_by text NOT NULL,
    why text NOT NULL,
    metrics jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (decided_in, revision)
);

CREATE TABLE IF NOT EXISTS {schema}.model_file (
    model_name text NOT NULL,
    model_version bigint NOT NULL,
    path text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{{64}}$'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model_name, model_version, path)
);

-- Who accepted which rejected row as it is, and why. Rows are only ever added: the latest one of a row id counts,
-- and is_released = false takes an earlier release back.
CREATE TABLE IF NOT EXISTS {schema}.quarantine_release (
    release_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month date NOT NULL,
    table_name text NOT NULL,
    row_id text NOT NULL CHECK (row_id ~ '^[0-9a-f]{{16}}$'),
    rule text NOT NULL,
    is_released boolean NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    why text NOT NULL CHECK (why <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS quarantine_release_row ON {schema}.quarantine_release (month, table_name, row_id);

-- The only place with clear numbers. The pipeline may add to it and cannot read it.
CREATE TABLE IF NOT EXISTS {schema}.vault (
    phone_token text PRIMARY KEY,
    phone_number text NOT NULL
);

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
