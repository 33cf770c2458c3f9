"""The whole road on real parts: a simulated operator in PostgreSQL, nine months of every step, MLflow, the warehouse.

Nine months, because the first list is that of month 9 (observe 3, delay 1, predict 1, truth_after 1): see
``core/windows.py``.
"""

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest

from churn_tasks.adapters.lake import Lake
from churn_tasks.by_hand.definitions import Trial, adopting, linked
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import StepReport
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS

FIRST, LAST = Month(2024, 1), Month(2024, 9)
MONTHS = list(months_between(FIRST, LAST + 1))
pytestmark = pytest.mark.slow

Road = tuple[Settings, dict[tuple[str, str], StepReport]]


def _run_months(
    settings: Settings, months: list[Month]
) -> dict[tuple[str, str], StepReport]:
    return {
        (str(month), step): run_step(step, settings, month)
        for month in months
        for step in STEPS
    }


@pytest.fixture(scope="module")
def road(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Road:
    """Settings of the operator and what each step of each month reported."""
    source, warehouse = (
        postgres.create_database("road_source"),
        postgres.create_database("road_warehouse"),
    )
    simulate(
        source,
        SimulationSettings(customers=900, months=len(MONTHS), churn_rate=0.08),
        lambda *_: None,
    )
    state = tmp_path_factory.mktemp("road")
    settings = load_settings(
        "telecom",
        state_dir=state,
        source_url=source.replace("postgres@", "churn_source_reader@"),
        warehouse_url=warehouse,
        mlflow_url=f"sqlite:///{state}/mlflow.db",
        promotion={"first_model": "ahead"},  # 900 customers prove nothing
    )
    return settings, _run_months(settings, MONTHS)


def _digests(lake: Lake) -> dict[str, str]:
    """Of every version of every partition."""
    files = sorted(lake.root.glob("*/month=*/*.parquet"))
    return {
        str(path.relative_to(lake.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_months_without_enough_history_do_what_they_can(road: Road) -> None:
    _, reports = road
    skipped = {key for key, report in reports.items() if report.outcome == "skipped"}
    assert {step for month, step in skipped if month == "2024-01"} == {
        "features", "check_features", "labels", "train", "promote", "score", "triggers", "warn", "check_list",
        "publish", "watch", "catalogue",
    }  # fmt: skip
    assert {step for month, step in skipped if month == "2024-08"} == {
        "train", "promote", "score", "warn", "check_list", "publish", "watch",
    }  # fmt: skip
    assert {step for month, step in skipped if month == "2024-09"} == set()


def test_every_row_of_every_month_is_accounted_for(road: Road) -> None:
    settings, _ = road
    run = MonthRun(settings, LAST)
    run.engine.view("audit_rows")
    books = run.engine.frame("SELECT * FROM audit_rows ORDER BY ALL")
    assert len(books) == len(MONTHS) * len(run.registry.raw)
    assert (books.rows_in == books.rows_out + books.quarantined + books.merged).all()
    assert books.quarantined.sum() > 0 and books.merged.sum() > 0, (
        "the simulator plants dirt and doubles"
    )
    for row in books.itertuples():
        month = Month.of(row.month)
        assert row.rows_in == run.lake.rows(f"raw_{row.table_name}", month)
        assert row.rows_out == run.lake.rows(f"clean_{row.table_name}", month)
    run.close()


def test_the_triggers_of_the_month_go_out_with_its_list(road: Road) -> None:
    """Of customers on the list and beside it; what the list shows of them is what the warehouse has."""
    settings, reports = road
    run = MonthRun(settings, LAST)
    listed = {row["customer_id"]: row for row in run.warehouse.published(LAST)}
    fired = run.warehouse.triggers(LAST)
    run.close()
    assert len(fired) == reports["2024-09", "publish"].rows["raised_trigger"] > 0
    by_customer: dict[str, set[str]] = {}
    for row in fired:
        by_customer.setdefault(row["customer_id"], set()).add(row["trigger"])
    assert by_customer.keys() & listed.keys() and by_customer.keys() - listed.keys()
    for customer, row in listed.items():
        shown = set(row["triggers"].split(", ")) if row["triggers"] else set()
        assert shown == by_customer.get(customer, set())
    page = (settings.report_dir / f"{LAST}.html").read_text(encoding="utf-8")
    assert "规则触发" in page and "any trigger" in page


def test_the_list_is_published_with_its_lineage(road: Road) -> None:
    settings, reports = road
    run = MonthRun(settings, LAST)
    published = run.warehouse.published(LAST)
    assert len(published) == reports["2024-09", "warn"].rows["out_warning_list"] > 0
    assert len(published) == round(
        settings.warning_list.share * run.lake.rows("cohort", LAST)
    )
    for row in published:
        assert row["model_name"] == settings.model.name and row["model_version"] >= 1
        assert row["run_id"].startswith("2024-09") and row["feature_set"]
        assert row["phone_masked"] is None or "****" in row["phone_masked"]
    assert run.warehouse.published(Month(2024, 8)) == []
    run.close()


def test_the_same_month_twice_gives_the_same_bytes_and_no_second_version(
    road: Road,
) -> None:
    settings, _ = road
    run = MonthRun(settings, LAST)
    before, versions = _digests(run.lake), run.warehouse.publications()
    page = (settings.report_dir / "2024-09.html").read_bytes()
    _run_months(settings, [LAST])
    assert _digests(run.lake) == before
    assert run.warehouse.publications() == versions
    assert (settings.report_dir / "2024-09.html").read_bytes() == page
    assert len(before) > 100
    assert "raw_bill/month=2024-08-01/late=2024-10-06.parquet" in before, (
        "the simulator's late rows of August were found by September"
    )
    run.close()


def test_an_earlier_month_run_again_leaves_the_others_alone(road: Road) -> None:
    settings, _ = road
    lake = Lake(settings.lake_dir)
    before = _digests(lake)
    _run_months(settings, [Month(2024, 4)])
    assert _digests(lake) == before


def test_no_phone_number_lies_in_lake_report_or_data_docs(road: Road) -> None:
    """Every number the source holds, in clear, looked for in every byte the run wrote outside the vault."""
    import psycopg

    settings, _ = road
    with psycopg.connect(settings.environment.warehouse_url) as connection:
        numbers = [
            row[0]
            for row in connection.execute(
                "SELECT phone_number FROM churn_telecom.vault"
            ).fetchall()
        ]
    assert len(numbers) > 800
    canaries = {number.encode() for number in numbers if len(number) == 11}
    run = MonthRun(settings, LAST)
    for table in run.registry.tables:
        run.engine.view(table)
        texts = [
            column.name
            for column in run.registry.tables[table].columns
            if column.type == "text"
        ]
        for name in texts:
            found = run.engine.row(
                f"SELECT count(*) AS n FROM {table}"
                f" WHERE regexp_matches({name}, '(^|[^0-9a-f])1[3-9][0-9]{{9}}([^0-9a-f]|$)')"
            )
            assert found["n"] == 0, f"{table}.{name} holds phone numbers in clear"
    run.close()
    pages = [
        p
        for folder in (settings.report_dir, settings.data_docs_dir)
        for p in folder.rglob("*")
        if p.is_file()
    ]
    assert len(pages) > 20
    for path in pages:
        content = path.read_bytes()
        assert not [number for number in canaries if number in content], path


def test_nothing_is_left_aside(road: Road) -> None:
    settings, _ = road
    assert os.listdir(settings.lake_dir / ".staging") == []
    assert list(Path(settings.data_docs_dir).rglob(".*")) == []


def test_who_is_labelled_a_leaver_of_the_window_truly_left_in_it(
    road: Road, postgres: Cluster
) -> None:
    """Against the true day of leaving of every subscriber, over all labels of the road.

    Control: of those whom the old way of counting calls leavers of the window, hardly anybody left in it.
    """
    settings, _ = road
    true_days = _true_days(postgres)
    in_window = dict.fromkeys(("last_billed", "not_billed"), 0)
    dated = dict.fromkeys(in_window, 0)
    with linked(settings) as state:
        for name in in_window:
            trial = Trial(adopting(settings, name, state))
            for month in trial.months(MONTHS):
                window = trial.settings.calendar.window(month)
                label = trial.label(month)
                for customer in label.customer_id[label.churned]:
                    day = true_days.get(customer)
                    if day is None:
                        continue
                    dated[name] += 1
                    in_window[name] += window.predict_start <= day < window.predict_end
    assert min(dated.values()) > 100
    assert in_window["last_billed"] >= 0.95 * dated["last_billed"]
    assert in_window["not_billed"] <= 0.1 * dated["not_billed"]


def _true_days(postgres: Cluster) -> dict[str, date]:
    """The first day off the network of everybody who left."""
    import psycopg

    with psycopg.connect(postgres.url("road_source")) as connection:
        rows = connection.execute(
            "SELECT subs_id::text, leave_date FROM sim_truth.subscriber WHERE leave_date IS NOT NULL"
        ).fetchall()
    return dict(rows)
