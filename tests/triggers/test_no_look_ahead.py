"""No trigger of a month may notice what happened, became known or was changed after it, as no feature may.

From clean tables through the summaries to ``out_trigger``, by its bytes. Controls: a planted event that reads the month
after exposes the changes of the future, and every trigger notices a change of the past.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.triggers import FILE
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import (
    another_month,
    make,
    pour,
    raw_tables,
    rows,
    small_profile,
    small_run,
)
from tests.random_lake import fill
from tests.sql.leaks import (
    changed_lake,
    surroundings,
    with_master_changed_after,
    with_noise_from,
    without_events_from,
    without_half_of_the_past,
    without_rows_known_from,
)

MONTH = "2024-02"
CHANGES = {
    "events": without_events_from,
    "known": without_rows_known_from,
    "master": with_master_changed_after,
    "noise": with_noise_from,
}
LEAK = "faults_of_the_month_after"
EXPOSES = ("events", "known")  # what the planted event gives away
RARE = {  # what random months hold too little of
    "clean_service": "SELECT * REPLACE (CASE WHEN hash(customer_id) % 2 = 0 THEN traffic_mb END AS traffic_mb,"
    " CASE WHEN hash(customer_id) % 4 = 1 THEN 'suspended' ELSE service_status END AS service_status)"
    " FROM clean_service",
    "clean_payment": "SELECT * REPLACE (CASE WHEN (hash(customer_id) + month(month)) % 2 = 0 THEN 'bank' ELSE 'app' END"
    " AS channel) FROM clean_payment",
    "clean_cdr": "SELECT * FROM clean_cdr WHERE hash(customer_id) % 3 <> month(month) % 3",
}
LOOSE = {  # so that random months raise each of them
    "bill_falling": {"falls": 1, "bill_from_cny": 0, "fall_pct": 1},
    "direct_debit_given_up": {"months": 1},
    "idle": {"days": 28},
    "prepaid_balance_low": {"below_cny": 80},
    "prepaid_without_calls": {"months": 1},
    "broadband_suspended": {"months": 1},
    "key_account_spends_less": {"months": 1, "class_a_cny": 9999, "class_d_cny": 9999},
    "demolition_near": {"months": 24},
    "contract_ending": {"months": 12},
    "faults_reported": {"faults": 1},
}


def profile_with_a_leak(folder: Path) -> Path:
    """The shipped triggers, looser, and one whose event does not stop where the month ends."""
    profile = small_profile(folder, raw_tables(), first_month="2023-08")
    shipped = yaml.safe_load((INCLUDE / FILE).read_text(encoding="utf-8"))["triggers"]
    for trigger in shipped:
        trigger.setdefault("given", {}).update(LOOSE.get(trigger["name"], {}))
    leak = {"name": LEAK, "event": LEAK, "priority": 1, "words": {"en": "x", "zh": "x"}}
    (profile / "playbook").mkdir()
    (profile / FILE).write_text(
        yaml.safe_dump({"triggers": [*shipped, leak]}), encoding="utf-8"
    )
    event = profile / "sql" / "events" / LEAK
    shutil.copytree(INCLUDE / "sql" / "events" / "faults_reported", event)
    for file in event.iterdir():
        text = file.read_text(encoding="utf-8")
        text = text.replace("event_faults_reported", f"event_{LEAK}")
        text = text.replace("month < $predict_end", "month <= $predict_end")
        text = text.replace("default: 2", "default: 1")
        text = text.replace("min(month)", "max(month)").replace("min_by(", "max_by(")
        file.write_text(text, encoding="utf-8")
    return profile


def raised(run: MonthRun, months: object = None) -> dict[str, list[tuple[str, ...]]]:
    """Trigger to its rows, summed up from clean tables."""
    for month in months or surroundings(run):
        of_month = another_month(run, str(month))
        run_on("texts", of_month)
        run_on("summarise", of_month)
    for month in (run.month - 1, run.month):
        (cohort,) = run.registry.queries["cohort"]
        make(another_month(run, str(month)), cohort)
    run_on("triggers", run)
    found: dict[str, list[tuple[str, ...]]] = {}
    for row in rows(run, "out_trigger"):
        found.setdefault(row["trigger"], []).append(tuple(map(str, row.values())))
    return found


def rewrite(run: MonthRun, table: str, select: str) -> None:
    """Every partition of a table as a SELECT over it gives it."""
    run.engine.view(table)
    for month in surroundings(run):
        of_month = f"SELECT * FROM ({select}) WHERE month = DATE '{month.start}'"
        run.engine.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE kept AS {of_month}"
        )
        pour(run, table, month, "kept")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    folder = tmp_path_factory.mktemp("triggers")
    made = small_run(folder, MONTH, profile=profile_with_a_leak(folder))
    fill(made, surroundings(made))
    for table, select in RARE.items():
        rewrite(made, table, select)
    yield made
    made.close()


@pytest.fixture(scope="module")
def before(run: MonthRun) -> dict[str, list[tuple[str, ...]]]:
    return raised(run)


def noticed(run: MonthRun, before: dict[str, list], folder: Path, change) -> set[str]:  # type: ignore[no-untyped-def]
    """The triggers whose rows differ once the change is made."""
    changed = changed_lake(run, folder, change(run.window))
    after = raised(changed)
    changed.close()
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)}


def test_every_shipped_trigger_is_raised_in_the_random_months(
    before: dict[str, list],
) -> None:
    """Reach: rows that are not there could not differ."""
    shipped = yaml.safe_load((INCLUDE / FILE).read_text(encoding="utf-8"))["triggers"]
    names = {trigger["name"] for trigger in shipped}
    assert names | {LEAK} == before.keys() and len(names) == 21


@pytest.mark.parametrize("name", CHANGES)
def test_triggers_do_not_notice_what_lies_after(
    run: MonthRun, before: dict[str, list], name: str, tmp_path: Path
) -> None:
    """Only the planted one does, where what happened or became known later is taken away."""
    found = noticed(run, before, tmp_path / name, CHANGES[name])
    assert found == ({LEAK} if name in EXPOSES else set())


def test_every_trigger_notices_a_change_of_the_past(
    run: MonthRun, before: dict[str, list], tmp_path: Path
) -> None:
    found = noticed(run, before, tmp_path / "past", without_half_of_the_past)
    assert before.keys() - found <= {LEAK}
