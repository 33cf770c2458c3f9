-- Group roles without login; a person or a service is made a member of exactly the one it needs.
-- churn_owner owns everything, churn_loader writes runs, churn_bi reads masked views, churn_retention reads numbers.
-- churn_reviewer reads the records of doubtful pairs and decides about them.
DO $roles$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'churn_owner', 'churn_loader', 'churn_bi', 'churn_retention', 'churn_reviewer'
    ] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another profile of this cluster made it
        END;
    END LOOP;
    FOREACH wanted IN ARRAY ARRAY['churn_owner', 'churn_loader', 'churn_bi'] LOOP
        BEGIN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;  -- made by somebody else, who must have granted it
        END;
    END LOOP;
END
$roles$;

CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION churn_owner;
