-- Taking people out (churn forget): how many rows left a list, by which bytes its rest is known, and who asked when.
-- Nothing here says who was taken out.
ALTER TABLE {schema}.run ADD COLUMN IF NOT EXISTS taken_out bigint NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS {schema}.list_remainder (
    month date NOT NULL,
    list_id text NOT NULL,
    run_id text NOT NULL,
    PRIMARY KEY (month, list_id),
    FOREIGN KEY (month, run_id) REFERENCES {schema}.run
);

CREATE TABLE IF NOT EXISTS {schema}.erasure (
    erasure_key text PRIMARY KEY,
    request text NOT NULL,
    persons bigint NOT NULL,
    lines bigint NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    why text NOT NULL CHECK (why <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS {schema}.erasure_month (
    erasure_key text NOT NULL REFERENCES {schema}.erasure,
    month date NOT NULL,
    persons bigint NOT NULL,
    list_rows bigint NOT NULL,
    PRIMARY KEY (erasure_key, month)
);
