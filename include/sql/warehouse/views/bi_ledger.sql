CREATE OR REPLACE VIEW {schema}.bi_ledger WITH (security_barrier) AS
SELECT
    l.ledger_id,
    l.month,
    l.customer_id,
    l.arm,
    l.contact_day,
    l.channel,
    l.attempt,
    l.agent,
    l.outcome,
    l.strategy,
    l.strategy_version,
    l.cause_told,
    l.cost_cny,
    l.recall_day,
    l.source,
    l.replaces,
    l.decided_by,
    l.why,
    l.run_id,
    l.recorded_at
FROM {schema}.ledger AS l
WHERE NOT l.is_withdrawn
    AND NOT EXISTS (SELECT 1 FROM {schema}.ledger AS later WHERE later.replaces = l.ledger_id);
