-- Which part of a list is not contacted, what was done about the others, and what came of it.
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS arm text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS arm_month date;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS arm_until date;

-- One row an attempt to contact somebody. Rows are only ever added: a correction names the row that it replaces.
CREATE TABLE IF NOT EXISTS {schema}.ledger (
    ledger_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month date NOT NULL,
    customer_id text NOT NULL,
    run_id text NOT NULL,
    arm text,
    contact_day date NOT NULL,
    channel text NOT NULL,
    attempt integer NOT NULL,
    agent text NOT NULL,
    outcome text NOT NULL,
    strategy text,
    strategy_version text,
    cause_told text,
    cost_cny numeric(12, 2),
    recall_day date,
    source text NOT NULL,
    row_digest text NOT NULL,
    replaces bigint REFERENCES {schema}.ledger (ledger_id),
    is_withdrawn boolean NOT NULL DEFAULT false,
    decided_by text,
    why text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (replaces IS NULL OR (decided_by <> '' AND why <> ''))
);
CREATE UNIQUE INDEX IF NOT EXISTS ledger_first_entry
    ON {schema}.ledger (month, customer_id, contact_day, channel, attempt) WHERE replaces IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS ledger_replaced_once ON {schema}.ledger (replaces);

-- Rows that were set aside, as they were delivered; one is taken in later when its digest stands in the ledger.
CREATE TABLE IF NOT EXISTS {schema}.ledger_rejected (
    row_digest text PRIMARY KEY,
    source text NOT NULL,
    line bigint NOT NULL,
    customer_id text,
    rules text NOT NULL,
    delivered jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What the lists changed, as it was known with the run of a month; a month that is run again adds a revision.
CREATE TABLE IF NOT EXISTS {schema}.effect (
    month date NOT NULL,
    revision integer NOT NULL,
    scope text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    figures jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (month, revision, scope, name)
);
