"""Replaying after a fix gives, byte for byte, what a lake has in which the row was right from the start."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.by_hand.quarantine import Chosen, record_releases, rows_to_release
from churn_tasks.core.errors import CheckFailed, NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import INCLUDE, Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.walks.replay import replay
from churn_tasks.walks.tasks import task_named
from tests.lakes import put, small_profile

FIRST, JANUARY, FEBRUARY, MARCH = (
    Month(2024, 1),
    Month(2024, 1),
    Month(2024, 2),
    Month(2024, 3),
)
STEPS = tuple(step for step in task_named("integrate").steps if step != "late")
BOUND, MENDED = "abs(amount_cny) > 50000", "abs(amount_cny) > 500000"


def bills(month: Month, *, odd: float = 60_000, bad: int = 1) -> list[dict[str, Any]]:
    """Three hundred bills of a month; the first ``bad`` ones are beyond the contract's bound."""
    return [
        {
            "bill_id": f"{month}-{number}", "customer_id": f"c{number}", "event_date": str(month.start),
            "known_date": str((month + 1).start), "item_code": "plan_fee",
            "amount_cny": odd if number < bad else 20 + number % 7,
        }
        for number in range(300)
    ]  # fmt: skip


class World:
    """A profile of bills alone, with a contract of its own, and its lake."""

    def __init__(self, folder: Path, warehouse_url: str = "") -> None:
        self.profile = small_profile(folder, ("bill",), restatement={"months": 0})
        self.settings: Settings = load_settings(
            str(self.profile), state_dir=folder / "state", warehouse_url=warehouse_url
        )

    def contract(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the profile's own contract of bills."""
        own = self.profile / "tables" / "raw" / "bill.yaml"
        source = own if own.exists() else INCLUDE / "tables" / "raw" / "bill.yaml"
        content = yaml.safe_load(source.read_text(encoding="utf-8"))
        change(content)
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def deliver(self, **odd: Any) -> None:
        with closing(MonthRun(self.settings, FIRST)) as run:
            for month in months_between(FIRST, MARCH + 1):
                put(
                    run,
                    "raw_bill",
                    str(month),
                    bills(month, **(odd if month == FEBRUARY else {"bad": 0})),
                )

    def run(self) -> None:
        for month in months_between(FIRST, MARCH + 1):
            for step in STEPS:
                run_step(step, self.settings, month)

    def built(self) -> dict[str, bytes]:
        """Bytes of every clean and monthly table in its latest version."""
        with closing(
            MonthRun(self.settings, MARCH, MARCH.end.replace(year=2030))
        ) as run:
            return {
                f"{table} {month}": run.lake.path(table, month).read_bytes()
                for table in sorted(run.registry.tables)
                if table.startswith(("clean_", "month_"))
                for month in months_between(FIRST, MARCH + 1)
                if run.lake.has(table, month)
            }


def mended(contract: dict[str, Any]) -> None:
    (rule,) = [rule for rule in contract["rules"] if rule["name"] == "amount_absurd"]
    assert rule["reject_when"] == BOUND
    rule["reject_when"] = MENDED


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is built where the row was right from the start."""
    world = World(tmp_path_factory.mktemp("right"))
    world.contract(mended)
    world.deliver()
    world.run()
    return world.built()


def different(one: dict[str, bytes], other: dict[str, bytes]) -> set[str]:
    return {
        name for name in one.keys() | other.keys() if one.get(name) != other.get(name)
    }


def test_after_a_rule_was_mended(tmp_path: Path, right: dict[str, bytes]) -> None:
    world = World(tmp_path / "mended")
    world.deliver()
    world.run()
    world.contract(mended)
    before = different(world.built(), right)
    assert before == {
        f"{table} 2024-02"
        for table in ("clean_bill", "month_activity", "month_billing")
    }, "control"
    reports = list(replay(world.settings, FEBRUARY))
    assert set(STEPS) <= {report.step for report in reports}
    assert different(world.built(), right) == set()


def test_after_a_release(
    tmp_path: Path, right: dict[str, bytes], postgres: Cluster
) -> None:
    world = World(tmp_path / "released", postgres.create_database("replay_release"))
    world.deliver()
    world.run()
    chosen = Chosen(FEBRUARY, "bill", "amount_absurd", ())
    record_releases(
        world.settings,
        chosen,
        rows_to_release(world.settings, chosen),
        "Li",
        "a campus, confirmed",
    )
    assert different(world.built(), right), (
        "control: the decision alone changes nothing"
    )
    list(replay(world.settings, FEBRUARY))
    assert different(world.built(), right) == set()


def test_the_first_version_stays_and_a_regular_run_still_makes_it(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "kept")
    world.deliver()
    world.run()
    lake = MonthRun(world.settings, FEBRUARY).lake
    first = lake.path("clean_bill", FEBRUARY).read_bytes()
    world.contract(mended)
    list(replay(world.settings, FEBRUARY))
    assert lake.path("clean_bill", FEBRUARY).read_bytes() == first
    assert len(lake.restatements("clean_bill", FEBRUARY)) == 1


def test_a_month_that_never_passed_its_gate_is_simply_run(
    tmp_path: Path, postgres: Cluster
) -> None:
    world = World(tmp_path / "stopped", postgres.create_database("replay_stopped"))
    world.deliver(bad=40)
    with pytest.raises(CheckFailed, match="amount_absurd"):
        world.run()
    world.contract(mended)
    reports = [report.step for report in _until_summarised(world.settings)]
    assert reports == list(STEPS)
    lake = MonthRun(world.settings, FEBRUARY).lake
    assert (
        lake.rows("clean_bill", FEBRUARY),
        lake.restatements("clean_bill", FEBRUARY),
    ) == (300, [])


def _until_summarised(settings: Settings) -> list[Any]:
    """The reports of a replay up to the monthly tables; the models after it are not this test's."""
    reports = []
    for report in replay(settings, FEBRUARY):
        reports.append(report)
        if report.step == "summarise":
            break
    return reports


def test_a_month_that_was_not_extracted_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"raw_bill of 2024-02\..*churn step extract"):
        list(replay(World(tmp_path).settings, FEBRUARY))
