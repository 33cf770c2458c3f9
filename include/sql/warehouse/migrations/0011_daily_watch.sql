-- Alarms of the daily watch, each once: however often a day is watched, and however often an event is corrected, a
-- customer has one alarm of a trigger in a month. None is deleted; one whose event was taken back, or whose customer
-- has left, has ended.
CREATE TABLE IF NOT EXISTS {schema}.trigger_alarm (
    month date NOT NULL,
    customer_id text NOT NULL,
    trigger text NOT NULL,
    event_date date NOT NULL,
    known_date date NOT NULL,
    first_day date NOT NULL,
    priority integer NOT NULL,
    evidence_en text NOT NULL,
    evidence_zh text NOT NULL,
    phone_token text,
    region_code text,
    person_id text,
    list_month date,
    list_rank integer,
    churn_score double precision,
    ended_day date,
    ended_why text CHECK (ended_why IN ('taken_back', 'left')),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (customer_id, trigger, month),
    CHECK ((ended_day IS NULL) = (ended_why IS NULL))
);
CREATE INDEX IF NOT EXISTS trigger_alarm_day ON {schema}.trigger_alarm (first_day);

-- What each watched day knew: no alarm on a day whose data are missing is no all-clear.
CREATE TABLE IF NOT EXISTS {schema}.watch_day (
    day date PRIMARY KEY,
    rows_taken bigint NOT NULL,
    rows_rejected bigint NOT NULL,
    alarms_raised integer NOT NULL,
    is_complete boolean NOT NULL,
    missing_en text NOT NULL,
    missing_zh text NOT NULL,
    sources jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
