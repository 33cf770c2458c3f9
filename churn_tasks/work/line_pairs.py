"""The pairs of lines that may be one person: compared, joined with what people said, judged."""

from dataclasses import dataclass

import pyarrow as pa

from churn_tasks.integrate.matching import lines, scoring
from churn_tasks.integrate.matching.clusters import Groups, Judged, Link, resolve
from churn_tasks.integrate.matching.plan import MatchingPlan, load_plan
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import matching_months
from churn_tasks.work.match_model import model_before

VERDICTS = ("merged", "review", "same_by_person", "different_by_person")


@dataclass(frozen=True)
class Pairs:
    """Every pair that was judged, and the persons that follow.

    Attributes:
        plan: by which they were compared.
    """

    plan: MatchingPlan
    judged: list[Judged]
    groups: Groups
    scored: scoring.Scored


def judged_pairs(run: MonthRun) -> Pairs:
    """Compare the records of the month and judge each pair.

    Makes ``match_source``, ``match_lines`` and ``match_links`` (``integrate/matching/lines.py``).
    """
    run.engine.views("clean_customer", "customer_line", "match_pair", "review_decision")
    columns = run.registry.raw["customer"].column_names
    make_table(run, "match_source", lines.records_sql(columns))
    make_table(run, "match_lines", lines.lines_sql(columns))
    everything = "SELECT * FROM match_source"
    connection = run.engine.connection
    plan = scoring.prepare(connection, load_plan(run.settings), everything)
    learnt = model_before(run, plan)
    scored = scoring.score(connection, plan, run.settings.matching, learnt)
    make_table(run, "match_links", lines.links_sql(plan))
    groups = _groups(run, plan)
    judged = resolve(_links(run), groups, run.settings.matching.upper)
    return Pairs(plan, judged, groups, scored)


def make_table(run: MonthRun, name: str, sql: str) -> None:
    """A temp table from a SELECT that may ask for any parameter of matching."""
    asked = {key: value for key, value in parameters(run).items() if f"${key}" in sql}
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", asked
    )


def parameters(run: MonthRun) -> dict[str, object]:
    """What the SQL of matching may ask for."""
    return {
        "month": run.month.start,
        "before": (run.month - 1).start,
        "from_month": matching_months(run)[0].start,
        "as_of": run.window.as_of,
        "known_until": run.window.known_until,
        "lower": run.settings.matching.lower,
        "rotation_days": run.settings.definition.rotation_days,
    }


def _links(run: MonthRun) -> list[Link]:
    rows = run.engine.connection.execute(lines.links_to_judge_sql()).fetchall()
    return [Link(*row) for row in rows]


def _groups(run: MonthRun, plan: MatchingPlan) -> Groups:
    """Groups of lines, with the columns of which a person has one value only."""
    values = {}
    for name in plan.one_value:
        sql = lines.single_values_sql(name)
        rows = run.engine.connection.execute(sql).fetchall()
        values[name] = dict(rows)
    return Groups(one_value=values, most_lines=run.settings.matching.most_lines)


def write_pairs(run: MonthRun, judged: list[Judged]) -> int:
    """Write ``match_pair``."""
    rows = [
        {
            "customer_id_a": pair.link.a,
            "customer_id_b": pair.link.b,
            "verdict": pair.verdict,
            "reason": pair.reason,
        }
        for pair in judged
    ]
    names = ("customer_id_a", "customer_id_b", "verdict", "reason")
    schema = pa.schema([(name, pa.string()) for name in names])
    verdicts = pa.Table.from_pylist(rows, schema)
    with run.engine.registered("verdict_rows", verdicts):
        return run.engine.write("match_pair", run.month, lines.judged_pairs_sql())


def pair_facts(pairs: Pairs) -> dict[str, object]:
    """Counts of what was compared and judged."""
    facts: dict[str, object] = {"compared_records": pairs.scored.records}
    for verdict in VERDICTS:
        facts[verdict] = sum(pair.verdict == verdict for pair in pairs.judged)
    left_out = pairs.scored.left_out
    if left_out:
        facts["in_groups_too_large"] = sum(left_out.values())
    reasons = [pair.reason for pair in pairs.judged]
    contradictions = reasons.count("contradicts_a_later_decision")
    if contradictions:
        facts["contradicting_decisions"] = contradictions
    return facts
