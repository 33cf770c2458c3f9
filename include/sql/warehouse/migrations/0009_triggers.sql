-- Which triggers a listed customer has; lists from before do not say.
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS triggers text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS triggers_en text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS triggers_zh text;
ALTER TABLE {schema}.warning_list ADD COLUMN IF NOT EXISTS trigger_set text;

-- Every trigger of a month, whether or not the customer is on the list; added and published with the list of its run.
CREATE TABLE IF NOT EXISTS {schema}.raised_trigger (
    month date NOT NULL,
    run_id text NOT NULL,
    customer_id text NOT NULL,
    trigger text NOT NULL,
    event_date date NOT NULL,
    known_date date NOT NULL,
    priority integer NOT NULL,
    evidence_en text NOT NULL,
    evidence_zh text NOT NULL,
    phone_token text,
    region_code text,
    PRIMARY KEY (month, run_id, customer_id, trigger),
    FOREIGN KEY (month, run_id) REFERENCES {schema}.run
);
