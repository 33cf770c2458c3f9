-- Which figure outside its bounds somebody has accepted for a month, and why. Rows are only ever added: the latest one of a
-- measure counts, and is_accepted = false takes an earlier acceptance back.
CREATE TABLE IF NOT EXISTS {schema}.check_acceptance (
    acceptance_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month date NOT NULL,
    measure text NOT NULL CHECK (measure <> ''),
    accepted_value double precision NOT NULL,
    is_accepted boolean NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    why text NOT NULL CHECK (why <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS check_acceptance_measure ON {schema}.check_acceptance (month, measure);
