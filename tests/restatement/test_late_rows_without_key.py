"""Late rows of a table without a key: rows that differ as delivered stay two, though they are equal once treated."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE, Settings, load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import small_profile

JANUARY = Month(2024, 1)
DAY = date(2024, 3, 6)
SOON, LATE = date(2024, 1, 9), date(2024, 2, 20)
STEPS = ("extract", "integrate")
BILL = {
    "bill_id": "B1",
    "customer_id": "c1",
    "item_code": "plan_fee",
    "amount_cny": 5.0,
    "event_date": date(2024, 1, 1),
    "known_date": date(2024, 2, 3),
}

Rows = list[dict[str, Any]]


def _faults(hours: Iterable[int], known: date) -> Rows:
    """Faults of one customer that differ in the hours alone; more than 720 are capped."""
    same = {"fault_id": "F1", "customer_id": "c1", "category": "broadband"}
    day = {"event_date": date(2024, 1, 5), "known_date": known}
    return [{**same, **day, "repair_hours": number} for number in hours]


def _ordinary() -> Rows:
    rows = []
    for number in range(300):
        (row,) = _faults([number], SOON)
        rows.append(row | {"fault_id": f"G{number}"})
    return rows


def _profile(folder: Path, rows: Rows) -> Path:
    """A profile whose own table of faults, ``outage``, has no key."""
    data = folder / "drops"
    data.mkdir()
    files = {name: f"{name}_{{month}}.parquet" for name in ("bill", "outage")}
    source = {"kind": "files", "files": files}
    profile = small_profile(folder, ["bill"], source=source)
    shipped = (INCLUDE / "tables" / "raw" / "fault.yaml").read_text(encoding="utf-8")
    own = shipped.replace("key: [fault_id]", "key: []")
    own = own.replace("table: fault", "table: outage")
    tables = profile / "tables" / "raw"
    tables.mkdir(parents=True)
    (tables / "outage.yaml").write_text(own, encoding="utf-8")
    delivered = {"bill": [BILL], "outage": rows}
    for name in files:
        sql = f"SELECT * FROM {name} WHERE known_date < $known_until"
        (profile / "extract" / f"{name}.sql").write_text(sql)
        table = pa.Table.from_pylist(delivered[name])
        pq.write_table(table, data / f"{name}_{JANUARY}.parquet")
    return profile


def _settings(folder: Path, profile: Path, name: str) -> Settings:
    return load_settings(
        str(profile), state_dir=folder / name, data_path=folder / "drops"
    )


def _restated(settings: Settings, *, only_late: bool) -> MonthRun:
    first = MonthRun(settings, JANUARY)
    run = MonthRun(settings, JANUARY, DAY, only_late=only_late)
    for each in (first, run):
        for step in STEPS:
            run_on(step, each)
    first.close()
    return run


def _told(run: MonthRun) -> tuple[list[str], list[dict[str, Any]]]:
    """The faults of the one customer, and the books of the month."""
    rows = run.rows_of_month("clean_outage")
    of_one = rows[rows.fault_id == "F1"][["repair_hours", "known_date", "treated"]]
    books = run.rows_of_month("audit_rows").drop(columns=["month"])
    run.close()
    return sorted(map(str, of_one.values.tolist())), books.to_dict("records")


@pytest.mark.parametrize(
    ("before", "late", "kept"),
    [
        ([], [800, 900, 900, 5], 3),  # among themselves; the wholly equal one is merged
        ([850], [800, 900], 3),
        pytest.param(
            [5], [5], 2, marks=pytest.mark.slow
        ),  # they differ in the day on which they became known
    ],
)
def test_they_are_those_of_the_month_made_whole(
    tmp_path: Path, before: list[int], late: list[int], kept: int
) -> None:
    rows = [*_ordinary(), *_faults(before, SOON), *_faults(late, LATE)]
    profile = _profile(tmp_path, rows)
    as_late = _told(_restated(_settings(tmp_path, profile, "late"), only_late=True))
    whole = _told(_restated(_settings(tmp_path, profile, "whole"), only_late=False))
    assert as_late == whole
    assert len(as_late[0]) == kept


def test_control_what_is_equal_once_treated_was_not_when_it_came(
    tmp_path: Path,
) -> None:
    """The naive way, which takes clean rows for one that are equal, loses a fault."""
    profile = _profile(tmp_path, [*_ordinary(), *_faults([800, 900], LATE)])
    run = _restated(_settings(tmp_path, profile, "late"), only_late=True)
    clean = run.engine.rows_of("clean_outage", JANUARY)
    counted = run.engine.row(
        f"SELECT count(*) AS kept, count(DISTINCT outage) AS different FROM {clean} AS outage"
        " WHERE fault_id = 'F1'"
    )
    run.close()
    assert counted == {"kept": 2, "different": 1}
