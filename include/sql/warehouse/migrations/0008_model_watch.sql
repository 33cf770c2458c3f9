-- Whether the model in force still fits, month by month; a month that is watched again adds a revision.
CREATE TABLE IF NOT EXISTS {schema}.model_watch (
    month date NOT NULL,
    revision integer NOT NULL,
    model_name text NOT NULL,
    model_version bigint NOT NULL,
    subject text NOT NULL,
    measure text NOT NULL,
    value double precision NOT NULL,
    bound double precision NOT NULL,
    status text NOT NULL,
    note text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (month, revision, subject, measure)
);
