"""The two profiles on the public files themselves: row books and base rates, exact to the row.

The files are not part of the repository. ``CHURN_TEST_DATA`` names the folder that holds them; without it, the folder
``../shared/data`` beside the repository is tried.
"""

from pathlib import Path

import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import REPOSITORY, load_settings, process_environment
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import rows

DATA = Path(
    process_environment().get("CHURN_TEST_DATA")
    or REPOSITORY.parent / "shared" / "data"
)
RETAIL = ("online_retail_2009_2010.parquet", "online_retail_2010_2011.parquet")
WIDE = ("telecom_wide_1000.csv.xz",)


def needs(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if not (DATA / name).is_file()]
    return pytest.mark.skipif(
        bool(missing),
        reason=f"public files absent: {', '.join(missing)} in {DATA}; CHURN_TEST_DATA names another folder",
    )


class NoVault:
    def store_numbers(self, pairs: object) -> None:
        """Real numbers go nowhere in a test."""


def backfill(
    tmp_path: Path, profile: str, first: str, last: str, *steps: str
) -> MonthRun:
    settings = load_settings(
        profile, state_dir=tmp_path, data_path=DATA, first_month=first
    )
    for month in months_between(Month.parse(first), Month.parse(last) + 1):
        run = MonthRun(settings, month)
        run.__dict__["warehouse"] = NoVault()
        for step in steps:
            run_on(step, run)
    return run


@needs(*RETAIL)
def test_the_overlap_of_the_halves_is_merged_to_the_row(tmp_path: Path) -> None:
    """1 to 9 December 2010 is in both: 22,523 doubles, 14,802 of them merged, 7,721 set aside with their originals."""
    run = backfill(tmp_path, "retail", "2010-12", "2010-12", "extract", "integrate")
    books = rows(run, "audit_rows")[0]
    assert (
        books["rows_in"],
        books["rows_out"],
        books["quarantined"],
        books["merged"],
    ) == (
        65_004,
        26_847,
        23_355,
        14_802,
    )


@pytest.mark.slow
@needs(*RETAIL)
def test_the_shop_has_its_known_base_rate(tmp_path: Path) -> None:
    """2011-08, observe 3, delay 1, predict 2: 790 of 1,993 left, 39.6 %."""
    run = backfill(
        tmp_path,
        "retail",
        "2011-06",
        "2011-11",
        "extract",
        "integrate",
        "summarise",
        "features",
        "labels",
    )
    truth = rows(run, "label", "2011-08")
    assert (sum(row["churned"] for row in truth), len(truth)) == (790, 1993)


@needs(*WIDE)
def test_the_operator_has_its_known_base_rate(tmp_path: Path) -> None:
    """2014-08, observe 2, no delay, predict 1: 41 of 908 went silent; 51 of 930 the month before."""
    steps = ("extract", "integrate", "summarise", "features", "labels")
    run = backfill(tmp_path, "telecom_wide", "2014-06", "2014-09", *steps)
    counts = {}
    for month in ("2014-07", "2014-08"):
        truth = rows(run, "label", month)
        counts[month] = (sum(row["churned"] for row in truth), len(truth))
    assert counts == {"2014-07": (51, 930), "2014-08": (41, 908)}
    assert rows(run, "quarantine") == []
