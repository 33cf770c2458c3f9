-- What people have ordered about a version of the model, from a month on: never to be used again, or to be used whatever
-- the gate finds. Rows are only ever added; is_in_force = false takes an earlier order back.
CREATE TABLE IF NOT EXISTS {schema}.model_order (
    order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_month date NOT NULL,
    model_name text NOT NULL,
    model_version bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('retire', 'pin')),
    is_in_force boolean NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    why text NOT NULL CHECK (why <> ''),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
