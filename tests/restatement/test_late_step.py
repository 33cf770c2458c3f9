"""Looking for late rows: what it waits for, and a source that does not keep to the known date itself."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.walks.month import run_step
from tests.restatement.conftest import digests
from tests.restatement.late_bills import BILL, profile, read_bills, write_bills

JANUARY, FEBRUARY = Month(2024, 1), Month(2024, 2)
INTEGRATED = ("late", "check_raw", "integrate", "match", "texts", "summarise")
FILTER = "AND CAST(known AS DATE) < $known_until"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two months of bills, of which three of January became known on 2024-02-20."""
    data = tmp_path / "drops"
    data.mkdir()
    for month in (JANUARY, FEBRUARY):
        known = [
            "2024-02-20" if number < 3 and month == JANUARY else f"{month + 1}-03"
            for number in range(300)
        ]
        write_bills(
            data,
            month,
            [(f"C{number}", 20.0 + number, day) for number, day in enumerate(known)],
        )
        (data / f"complaints_{month}.csv").write_text("ticket,account,day\n")
    return profile(tmp_path, data)


def _run(settings: Settings, month: Month, *steps: str) -> None:
    for step in steps:
        run_step(step, settings, month)


def _restated(settings: Settings) -> set[str]:
    return {
        name.partition("/")[0]
        for name in digests(settings)
        if "data.parquet" not in name
    }


def test_a_month_that_is_extracted_and_not_integrated_is_waited_for(
    settings: Settings,
) -> None:
    """Else its late rows would be missed when two months run side by side."""
    _run(settings, JANUARY, "extract")
    _run(settings, FEBRUARY, "extract")
    wanted = r"2024-02 looks for late rows of 2024-01, which is not integrated yet. Run first: churn step summarise"
    with pytest.raises(NotReady, match=wanted):
        run_step("late", settings, FEBRUARY)
    _run(settings, JANUARY, *INTEGRATED)
    assert run_step("late", settings, FEBRUARY).rows == {"late_rows": 1}


def test_a_month_that_was_never_extracted_is_not_asked_for(settings: Settings) -> None:
    _run(settings, FEBRUARY, "extract")
    assert run_step("late", settings, FEBRUARY).rows == {"late_rows": 0}


def test_rows_that_a_source_delivers_too_early_count_from_the_run_that_may_know_them(
    settings: Settings,
) -> None:
    """An extract without the known date delivers January's late bills at once; they are looked at in February's run."""
    bill = settings.profile_dir / "extract" / "bill.sql"
    bill.write_text(BILL.replace(FILTER, ""), encoding="utf-8")
    _run(settings, JANUARY, "extract", *INTEGRATED)
    _run(settings, FEBRUARY, "extract", *INTEGRATED)
    first, restated = (
        MonthRun(settings, JANUARY, day).lake.rows("month_activity", JANUARY)
        for day in (None, settings.calendar.window(FEBRUARY).known_until)
    )
    assert (first, restated) == (297, 300)
    assert not {"raw_bill", "clean_bill"} & _restated(settings), (
        "the rows were there; they were not looked at"
    )


def test_files_that_cannot_be_searched_are_told_and_hold_nobody_up(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    _run(settings, JANUARY, "extract", *INTEGRATED)
    bill = settings.profile_dir / "extract" / "bill.sql"
    bill.write_text(BILL.replace("AS known_date", "AS entered_date"), encoding="utf-8")
    assert run_step("late", settings, FEBRUARY).rows == {"late_rows": 0}
    assert "bill of 2024-01 cannot be searched for late rows" in caplog.text


def test_files_that_were_put_away_hold_nobody_up(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The task of the month itself waits for its files; for those of an earlier month nobody may wait."""
    _run(settings, JANUARY, "extract", *INTEGRATED)
    data = Path(str(settings.environment.data_path))
    for file in data.glob("bills_*.csv"):
        file.unlink()
    assert run_step("late", settings, FEBRUARY).rows == {"late_rows": 0}
    assert "bill of 2024-01 cannot be searched for late rows" in caplog.text
    with pytest.raises(NotReady, match="no file matches"):
        run_step("extract", settings, FEBRUARY)


@pytest.mark.parametrize(("later", "held"), [(3, 300 + 3), (15, 300 + 15), (16, 300)])
def test_later_versions_of_many_rows_take_the_place_of_them(
    settings: Settings, later: int, held: int
) -> None:
    """Up to a twentieth lie beside the rows that they replace; more would look like a larger volume."""
    bill = settings.profile_dir / "extract" / "bill.sql"
    latest = "SELECT DISTINCT ON (account) account AS"
    ordered = (
        f"{BILL.replace('SELECT account AS', latest)} ORDER BY account, known DESC"
    )
    bill.write_text(ordered, encoding="utf-8")
    data = Path(str(settings.environment.data_path))
    bills = [(who, amount, "2024-02-03") for who, amount, _ in read_bills(data, JANUARY)]  # fmt: skip
    write_bills(data, JANUARY, bills)
    _run(settings, JANUARY, "extract", *INTEGRATED)
    versions = [(who, amount + 1, "2024-02-20") for who, amount, _ in bills[:later]]
    write_bills(data, JANUARY, bills + versions)
    day = settings.calendar.window(FEBRUARY).known_until
    run = MonthRun(settings, JANUARY, day, only_late=True)
    run_on("extract", run)
    assert run.lake.rows("raw_bill", JANUARY) == held
    run.close()


def test_late_rows_come_in_beside_damaged_lines_that_stay_aside(
    settings: Settings,
) -> None:
    """January's file holds two damaged lines, then and when it is searched for what came late."""
    file = Path(str(settings.environment.data_path)) / f"bills_{JANUARY}.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[10] += ",x"
    lines[20] = lines[20].replace("2024-02-03", "2024-02-33")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _run(settings, JANUARY, "extract", *INTEGRATED)
    _run(settings, FEBRUARY, "extract", *INTEGRATED)
    day = settings.calendar.window(FEBRUARY).known_until
    for known_until, expected in ((None, 295), (day, 298)):
        run = MonthRun(settings, JANUARY, known_until)
        run.engine.view("quarantine")
        aside = run.engine.records(
            "SELECT rule, value_text FROM quarantine WHERE month = $month ORDER BY rule",
            {"month": JANUARY.start},
        )
        assert [(row["rule"], row["value_text"]) for row in aside] == [
            ("row_fields", "bills_2024-01.csv, line 11"),
            ("row_unreadable", "bills_2024-01.csv, line 21"),
        ]
        assert run.lake.rows("clean_bill", JANUARY) == expected
        run.close()
