"""Step ``match``: which lines are one person, and what each person is (B4, B5).

Reads the master records of the month and of a few months before (a line that has just gone may come back under another
number), the persons of the month before, and what people have decided. Writes ``match_pair``, ``customer_line``,
``customer`` and ``customer_source``, and offers new doubtful pairs to people. Nothing here is ever logged but counts.
"""

import pyarrow as pa

from churn_tasks.adapters.warehouse import QueuedPair
from churn_tasks.integrate.matching import lines, persons, scoring, survivorship
from churn_tasks.integrate.matching.clusters import Groups, Judged, Link, resolve
from churn_tasks.integrate.matching.plan import MatchingPlan, load_plan
from churn_tasks.runner.month_run import MonthRun, StepReport, unchanged

SHOWN = ("customer_name", "address_text", "gender", "birth_year", "region_code", "city_code", "customer_group",
         "joined_date", "service_status")  # fmt: skip


def run(run: MonthRun) -> StepReport:
    """Compare, judge, name the persons, and put each person together.

    Raises:
        NotReady: the month is not integrated, or the month before is not matched: persons keep their numbers.
        SettingsError: the matching plan or the survivorship rules are malformed.
    """
    report = StepReport("match", str(run.month))
    plan = load_plan(run.settings)
    if not _has_names(run, plan):
        return _every_line_a_person(run, report)
    _require(run)
    run.freeze("review_decision", lambda warehouse: warehouse.match_decisions())
    if not run.has_news(["clean_customer", "review_decision"], [run.month]):
        for table in ("match_pair", "customer_line", "customer", "customer_source"):
            run.lake.remove(table, run.month)
        return unchanged("match", run)
    run.engine.views("clean_customer", "customer_line", "match_pair", "review_decision")
    columns = run.registry.raw["customer"].column_names
    _table(run, "match_source", lines.records_sql(columns))
    _table(run, "match_lines", lines.lines_sql(columns))
    usable = scoring.prepare(run.engine.connection, plan, "SELECT * FROM match_source")
    scored = _scored(run, usable)
    _table(run, "match_links", lines.links_sql(usable))
    judged, groups = _judged(run, usable)
    report.rows["match_pair"] = _write_pairs(run, judged)
    _name_persons(run, groups)
    report.rows |= _write_persons(run, columns)
    report.facts = _facts(judged, scored) | {"asked": _ask(run, judged)}
    return report


def _has_names(run: MonthRun, plan: MatchingPlan) -> bool:
    contract = run.registry.raw.get("customer")
    return contract is not None and all(
        plan.columns[name].is_delivered(contract.column_names) for name in plan.required
    )


def _require(run: MonthRun) -> None:
    run.require("clean_customer", [run.month], made_by="integrate")
    if run.month > run.settings.first_month:
        run.require("customer_line", [run.month - 1], made_by="match")


def _parameters(run: MonthRun) -> dict[str, object]:
    window, matching = run.window, run.settings.matching
    return {
        "month": run.month.start,
        "before": (run.month - 1).start,
        "from_month": max(
            run.month - matching.months_back, run.settings.first_month
        ).start,
        "as_of": window.as_of,
        "known_until": window.known_until,
        "lower": matching.lower,
        "rotation_days": run.settings.definition.rotation_days,
    }


def _table(run: MonthRun, name: str, sql: str) -> None:
    """A temp table from a SELECT that may ask for any parameter of the step."""
    given = {key: value for key, value in _parameters(run).items() if f"${key}" in sql}
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", given
    )


def _scored(run: MonthRun, plan: MatchingPlan) -> scoring.Scored:
    return scoring.score(run.engine.connection, plan, run.settings.matching)


def _judged(run: MonthRun, plan: MatchingPlan) -> tuple[list[Judged], Groups]:
    rows = run.engine.connection.execute(
        "SELECT customer_id_a, customer_id_b, probability, guard, was_merged, decision, revision FROM match_links"
    ).fetchall()
    values = {
        name: dict(
            run.engine.connection.execute(
                f'SELECT customer_id, "{name}" FROM match_records WHERE "{name}" IS NOT NULL AND customer_id IN'
                " (SELECT customer_id_a FROM match_links UNION SELECT customer_id_b FROM match_links)"
            ).fetchall()
        )
        for name in plan.one_value
    }
    groups = Groups(one_value=values, most_lines=run.settings.matching.most_lines)
    return resolve(
        [Link(*row) for row in rows], groups, run.settings.matching.upper
    ), groups


def _write_pairs(run: MonthRun, judged: list[Judged]) -> int:
    verdicts = pa.table(
        {
            "customer_id_a": pa.array([each.link.a for each in judged], pa.string()),
            "customer_id_b": pa.array([each.link.b for each in judged], pa.string()),
            "verdict": pa.array([each.verdict for each in judged], pa.string()),
            "reason": pa.array([each.reason for each in judged], pa.string()),
        }
    )
    with run.engine.registered("verdict_rows", verdicts):
        return run.engine.write(
            "match_pair",
            run.month,
            "SELECT * FROM match_links JOIN verdict_rows USING (customer_id_a, customer_id_b)",
        )


def _name_persons(run: MonthRun, groups: Groups) -> None:
    """Make ``match_persons``: the lines that are not simply a person of their own."""
    before = dict(
        run.engine.connection.execute(
            "WITH earlier AS (SELECT customer_id, person_id FROM customer_line WHERE month = $before)"
            " SELECT customer_id, person_id FROM earlier WHERE person_id IN (SELECT person_id FROM earlier"
            " WHERE person_id <> 'P' || customer_id) OR 'P' || customer_id IN (SELECT person_id FROM earlier"
            " WHERE person_id <> 'P' || customer_id)"
            " OR customer_id IN (SELECT customer_id_a FROM match_links UNION SELECT customer_id_b FROM match_links)",
            {"before": (run.month - 1).start},
        ).fetchall()
    )
    together = {
        groups.of(line): groups.members(line) for line in {*groups.lines, *before}
    }
    given = persons.person_ids(together.values(), before)
    names = {
        "customer_id": pa.array(given.keys(), pa.string()),
        "person_id": pa.array(given.values(), pa.string()),
    }
    with run.engine.registered("named_rows", pa.table(names)):
        run.engine.connection.execute(
            "CREATE OR REPLACE TEMP TABLE match_persons AS SELECT * FROM named_rows"
        )


def _write_persons(run: MonthRun, columns: list[str]) -> dict[str, int]:
    """``customer_line`` first; ``customer`` and ``customer_source`` from it and the records of the month."""
    sql = lines.customer_line_sql()
    days = {"rotation_days": run.settings.definition.rotation_days}
    written = {"customer_line": run.engine.write("customer_line", run.month, sql, days)}
    run.engine.view("customer_line")
    rules = survivorship.load_rules(run.settings, columns)
    _table(run, "survivor_lines", _SURVIVOR_LINES)
    _table(run, "survivor_counts", _SURVIVOR_COUNTS)
    _table(run, "survivor_values", survivorship.chosen_sql(rules, "survivor_lines"))
    spec = run.registry.tables["customer"]
    made = survivorship.customer_sql(spec, rules, "survivor_values", "survivor_counts")
    written["customer"] = run.engine.write("customer", run.month, made)
    sources = survivorship.source_sql("survivor_values", "customer")
    written["customer_source"] = run.engine.write("customer_source", run.month, sources)
    return written


_SURVIVOR_LINES = (
    "SELECT source.*, line.person_id, line.is_primary,"
    " count(*) OVER (PARTITION BY line.person_id) = 1 AS is_only FROM match_source AS source"
    " JOIN customer_line AS line ON line.customer_id = source.customer_id AND line.month = $month"
)
_SURVIVOR_COUNTS = (
    "SELECT person_id, max(customer_id) FILTER (WHERE is_primary) AS primary_customer_id,"
    " max(line_count) AS line_count, count(*) AS known_line_count FROM customer_line WHERE month = $month"
    " AND person_id IN (SELECT person_id FROM survivor_lines) GROUP BY person_id"
)


def _ask(run: MonthRun, judged: list[Judged]) -> int:
    """Put new doubtful pairs into the review queue, the most probable first; returns how many were new."""
    doubtful = [
        each for each in judged if each.verdict == "review" and not each.link.decision
    ]
    if not run.settings.environment.warehouse_url or not doubtful:
        return 0
    ordered = sorted(
        doubtful, key=lambda each: (-each.link.probability, each.link.a, each.link.b)
    )
    most = run.settings.matching.most_asked_a_month
    return run.warehouse.queue_pairs(run.month, _shown(run, ordered), most)


def _shown(run: MonthRun, judged: list[Judged]) -> list[QueuedPair]:
    """The pairs with both records as the source has them now."""
    there = set(run.registry.raw["customer"].column_names)
    shown = ", ".join(
        f'"{name}" := CAST("{name}" AS VARCHAR)' for name in SHOWN if name in there
    )
    token = "phone_token" if "phone_token" in there else "CAST(NULL AS VARCHAR)"
    wanted = pa.table(
        {
            "customer_id": pa.array(
                {line for e in judged for line in (e.link.a, e.link.b)}, pa.string()
            )
        }
    )
    with run.engine.registered("wanted_lines", wanted):
        records = {
            line: (number, record)
            for line, number, record in run.engine.connection.execute(
                f"SELECT customer_id, {token}, to_json(struct_pack({shown}))::VARCHAR FROM match_source"
                " WHERE customer_id IN (SELECT customer_id FROM wanted_lines)"
            ).fetchall()
        }
        evidence = {
            (a, b): (en, zh)
            for a, b, en, zh in run.engine.connection.execute(
                "SELECT customer_id_a, customer_id_b, evidence, evidence_zh FROM match_links"
            ).fetchall()
        }
    return [
        QueuedPair(
            each.link.a, each.link.b, each.link.probability, each.reason, *evidence[each.link.a, each.link.b],
            *records[each.link.a], *records[each.link.b],
        )
        for each in judged
        if each.link.a in records and each.link.b in records
    ]  # fmt: skip


def _facts(judged: list[Judged], scored: scoring.Scored) -> dict[str, object]:
    facts: dict[str, object] = {"compared_records": scored.records}
    for verdict in ("merged", "review", "same_by_person", "different_by_person"):
        facts[verdict] = sum(each.verdict == verdict for each in judged)
    if scored.left_out:
        facts["in_groups_too_large"] = sum(scored.left_out.values())
    contradictions = sum(
        each.reason == "contradicts_a_later_decision" for each in judged
    )
    return facts | (
        {"contradicting_decisions": contradictions} if contradictions else {}
    )


def _every_line_a_person(run: MonthRun, report: StepReport) -> StepReport:
    """Without names nothing can be compared: each customer number of any clean table is a person of its own."""
    found = [
        name
        for name, table in run.registry.raw.items()
        if "customer_id" in table.column_names
    ]
    run.require_all(
        [f"clean_{name}" for name in found], [run.month], made_by="integrate"
    )
    run.engine.views(*(f"clean_{name}" for name in found))
    each = " UNION ".join(
        f"SELECT DISTINCT customer_id FROM clean_{name} WHERE month = $month AND customer_id IS NOT NULL"
        for name in found  # of a single table no UNION would merge the rows
    )
    alone = (
        "SELECT customer_id, 'P' || customer_id AS person_id, true AS is_primary, true AS is_current, 1 AS line_count,"
        f" NULL AS opened_date, NULL AS ended_date, NULL AS successor_id, $month AS seen_month FROM ({each})"
    )
    if found and run.has_news([f"clean_{name}" for name in found], [run.month]):
        report.rows["customer_line"] = run.engine.write(
            "customer_line", run.month, alone, {"month": run.month.start}
        )
    report.reason = "no names to compare: every line is a person of its own"
    return report
