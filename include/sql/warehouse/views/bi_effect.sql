CREATE OR REPLACE VIEW {schema}.bi_effect WITH (security_barrier) AS
SELECT
    e.month,
    e.scope,
    e.name,
    e.state,
    f.lists,
    f.called,
    f.held_out,
    round(100 * f.called_left::numeric, 2) AS called_left_pct,
    round(100 * f.held_out_left::numeric, 2) AS held_out_left_pct,
    round(100 * f.change::numeric, 2) AS change_points,
    round(100 * f.change_low::numeric, 2) AS change_low_points,
    round(100 * f.change_high::numeric, 2) AS change_high_points,
    f.kept,
    f.kept_low,
    f.kept_high,
    f.money_kept_cny,
    f.money_kept_low_cny,
    f.money_kept_high_cny,
    f.contacted,
    f.reached,
    f.accepted,
    f.not_contacted,
    f.held_out_contacted,
    round(100 * f.reached_change::numeric, 2) AS reached_change_points,
    round(100 * f.reached_change_low::numeric, 2) AS reached_change_low_points,
    round(100 * f.reached_change_high::numeric, 2) AS reached_change_high_points,
    f.cost_cny,
    e.revision,
    e.recorded_at
FROM {schema}.effect AS e
CROSS JOIN LATERAL jsonb_to_record(e.figures) AS f (
    lists bigint, called bigint, held_out bigint, called_left double precision, held_out_left double precision,
    change double precision, change_low double precision, change_high double precision,
    kept double precision, kept_low double precision, kept_high double precision,
    money_kept_cny double precision, money_kept_low_cny double precision, money_kept_high_cny double precision,
    contacted bigint, reached bigint, accepted bigint, not_contacted bigint, held_out_contacted bigint,
    reached_change double precision, reached_change_low double precision, reached_change_high double precision,
    cost_cny double precision
)
WHERE e.revision = (SELECT max(o.revision) FROM {schema}.effect AS o WHERE o.month = e.month);
