"""Events: golden rows for each, and each folder keeps its word.

``golden/<event>/<rule>.yaml`` holds the month, ``with`` (values of parameters), ``since`` (as_of if absent), the rows
of the tables that the event reads, ``defaults`` for what these leave out, ``expect``: customer -> day on which it
struck, nobody else, and ``evidence``: customer -> figures that it struck on.
"""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml

from churn_tasks.adapters.spark.dialect import spark_sql
from churn_tasks.adapters.spark.tables import column_types
from churn_tasks.core.definition import Sign
from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE, load_settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.labels.events import Event, known_events, usable_events
from churn_tasks.declared.registry import load_registry
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import put, raw_tables, small_run
from tests.sql.queries import columns_out, missing_bounds, parameters_in, sources_in

CASES = sorted((Path(__file__).parent / "golden").glob("*/*.yaml"))
SHIPPED = [INCLUDE, *sorted((INCLUDE / "profiles").glob("*"))]
EVENTS = known_events(SHIPPED)
each_event = pytest.mark.parametrize(
    "event", EVENTS, ids=lambda event: f"{event.folder.parents[2].name}/{event.name}"
)


def struck(
    run: MonthRun, event: Event, sign: Sign, since: str = "$as_of"
) -> dict[str, dict[str, Any]]:
    """Whom an event strikes, with the columns of its row."""
    run.engine.views(*event.output.reads, *event.output.optional)
    known = run.window.parameters()
    wanted = {*event.output.params, since.removeprefix("$")}
    sql = event.text(sign, since, run.settings.windows.observe)
    rows = run.engine.records(
        sql, {name: known[name] for name in wanted if f"${name}" in sql}
    )
    assert len({row["customer_id"] for row in rows}) == len(rows), "one row a customer"
    return {row["customer_id"]: row for row in rows}


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}"
)
def test_golden_rows(case: Path, tmp_path: Path) -> None:
    content = yaml.safe_load(case.read_text(encoding="utf-8"))
    run = small_run(
        tmp_path,
        content["month"],
        raw=raw_tables(),
        first_month="2023-01",
        **content.get("settings", {}),
    )
    for table, partitions in content["given"].items():
        for month, rows in partitions.items():
            common = content.get("defaults", {}).get(table, {})
            filled = [{**common, **row} for row in rows]
            put(run, table, month, filled, checked=False)
    event = next(each for each in EVENTS if each.name == case.parent.name)
    sign = Sign(event=event.name, given=content.get("with", {}))
    found = struck(run, event, sign, f"${content.get('since', 'as_of')}")
    run.close()
    days = {customer: str(row["event_date"]) for customer, row in found.items()}
    assert days == {
        customer: str(month) for customer, month in content["expect"].items()
    }
    for customer, figures in content.get("evidence", {}).items():
        for name, figure in figures.items():
            told = found[customer][name]
            assert (told if isinstance(figure, str) else float(told)) == figure


def test_every_shared_event_has_golden_rows() -> None:
    shared = {event.name for event in known_events([INCLUDE])}
    assert {case.parent.name for case in CASES} == shared and len(shared) == 35


@each_event
def test_an_event_keeps_its_word(event: Event) -> None:
    """Parameters, tables and columns of the SQL are those of the YAML, and every read ends before predict_end,
    or before label_known where the event says that it looks beyond the window."""
    tree, output = sqlglot.parse_one(event.sql, read="duckdb"), event.output
    parameters = {parameter.name for parameter in output.parameters}
    assert parameters_in(tree) - {"since"} == {*output.params, *parameters}
    assert set(output.params) <= set(Window.__annotations__)
    assert sources_in(tree) == {*output.reads, *output.optional}
    assert columns_out(tree) == output.column_names
    assert missing_bounds(tree) == []
    assert ("label_known" in output.params) == bool(output.months_beyond)
    assert event.sql.startswith("-- ") and len(event.sql.splitlines()) < 120
    assert output.table == f"event_{event.name}"


@each_event
def test_texts_are_in_both_languages(event: Event) -> None:
    for text in (event.output.meaning, *event.output.parameters):
        assert re.search("[\u4e00-\u9fff]", text.zh) and not re.search(
            "[\u4e00-\u9fff]", text.en
        )


REGISTRIES = {
    "include": load_registry(load_settings("telecom")),
    "retail": load_registry(load_settings("retail")),
}


def on_spark(event: Event) -> str:
    """The event as Spark would be asked it; no Spark is needed to write it."""
    registry = REGISTRIES[event.folder.parents[2].name]
    tables = {table: column_types(registry, table) for table in event.output.sources}
    sql = event.text(Sign(event=event.name), "$as_of", observe=3)
    dates = load_settings("telecom").calendar.window(Month(2024, 5)).parameters()
    return spark_sql(sql, dates, tables)


@each_event
def test_an_event_can_be_asked_of_the_second_engine(event: Event) -> None:
    assert "SELECT" in on_spark(event)


def test_an_event_that_spark_would_round_otherwise_is_found() -> None:
    """Control: a share as a floating number makes the edge of the bill another one."""
    event = next(each for each in EVENTS if each.name == "bill_falling")
    share = "CAST($fall_pct / 100 AS DECIMAL(9, 4))"
    text = event.sql.replace("(100 - $fall_pct)", f"(1 - {share})")
    assert text != event.sql
    planted = replace(event, folder=event.folder)
    planted.__dict__["sql"] = text
    with pytest.raises(BadInput, match="is not carried over to Spark"):
        on_spark(planted)


WRONG_WORDS = [
    ("{fault_count}", "{faults_count}", "en names {faults_count} that is not there"),
    ("{fault_count}", "many", "leaves fault_count unsaid"),
    ("{fault_count}", "{fault_count} of {limit}", "names {limit} that is not there"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG_WORDS)
def test_words_that_do_not_fit_the_evidence_are_refused(
    right: str, wrong: str, said: str, tmp_path: Path
) -> None:
    folder = INCLUDE / "sql" / "events" / "faults_reported"
    event = tmp_path / "sql" / "events" / "faults_reported"
    shutil.copytree(folder, event)
    (event / "query.yaml").write_text(
        (event / "query.yaml").read_text(encoding="utf-8").replace(right, wrong, 1),
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as error:
        known_events([tmp_path])
    assert said in str(error.value) and str(event / "query.yaml") in str(error.value)


def test_evidence_that_nothing_says_is_refused(tmp_path: Path) -> None:
    folder = INCLUDE / "sql" / "events" / "faults_reported"
    event = tmp_path / "sql" / "events" / "faults_reported"
    shutil.copytree(folder, event)
    lines = (event / "query.yaml").read_text(encoding="utf-8").splitlines()
    without = [line for line in lines if not line.startswith("says:")]
    (event / "query.yaml").write_text("\n".join(without), encoding="utf-8")
    with pytest.raises(SettingsError, match="says nothing of its fault_count"):
        known_events([tmp_path])
    known_events([INCLUDE])  # control


def test_a_profiles_own_event_replaces_the_shared_one_of_its_name() -> None:
    """Ninety silent days are days without an order in the shop, and without a record of use elsewhere."""
    known = known_events([INCLUDE, INCLUDE / "profiles" / "retail"])
    both = usable_events(known, {"month_usage", "month_orders"})
    assert both["silent_days"].folder.parents[2].name == "retail"
    assert (
        usable_events(known, {"month_usage"})["silent_days"].folder.parents[1]
        == INCLUDE / "sql"
    )


def test_a_read_without_an_end_is_found() -> None:
    """Control: without its bound, an event would see months after the predict window."""
    event = next(each for each in EVENTS if each.name == "port_requested")
    open_ended = event.sql.replace(" AND month < $predict_end", "")
    assert open_ended != event.sql
    assert missing_bounds(sqlglot.parse_one(open_ended, read="duckdb")) == [
        "month_porting: month < as_of"
    ]


REFUSED = [
    ({"dys": 30}, "no parameter 'dys'; there are days"),
    ({"days": 3}, "days is 3: allowed are 28.0 to 366.0"),
    ({"days": 30.5}, "days is 30.5: a whole number is wanted"),
    ({"days": "many"}, "days is many: a whole number is wanted"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_a_wrong_parameter_is_refused_with_what_is_allowed(
    given: dict[str, object], message: str
) -> None:
    event = next(each for each in EVENTS if each.name == "silent_days")
    with pytest.raises(SettingsError, match=re.escape(message)):
        event.values(Sign(event="silent_days", given=given), observe=3)


def test_share_and_quantile_exclude_each_other() -> None:
    event = next(each for each in EVENTS if each.name == "usage_below_past")
    both = Sign(event=event.name, given={"share": 0.5, "quantile": 0.02})
    with pytest.raises(SettingsError, match="share and quantile cannot both be given"):
        event.values(both, observe=3)
    alone = event.values(Sign(event=event.name, given={"quantile": 0.02}), observe=3)
    assert (alone["share"], alone["quantile"]) == (None, 0.02)
    with pytest.raises(SettingsError, match=r"needs windows\.observe of at least 2"):
        event.values(Sign(event=event.name, given={"quantile": 0.02}), observe=1)
    with pytest.raises(
        SettingsError, match=r"measure is minutes: allowed are voice_min, data_mb"
    ):
        event.values(Sign(event=event.name, given={"measure": "minutes"}), observe=3)
