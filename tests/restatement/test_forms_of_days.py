"""Late rows are found in whatever form a source writes the day on which a row became known."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.work import late_extraction
from tests.restatement.late_bills import BILL, write_bills
from tests.restatement.test_late_step import (
    FEBRUARY,
    INTEGRATED,
    JANUARY,
    settings,
)

__all__ = ["settings"]  # a fixture

DAY = "CAST(known AS DATE)"
FORMS = {
    "compact": f"strftime({DAY}, '%Y%m%d')",
    "compact as a number": f"CAST(strftime({DAY}, '%Y%m%d') AS BIGINT)",
    "slashes": f"strftime({DAY}, '%Y/%m/%d')",
    "dots": f"strftime({DAY}, '%Y.%m.%d')",
    "chinese": f"strftime({DAY}, '%Y年%-m月%-d日')",
    "full width": f"translate(strftime({DAY}, '%Y-%m-%d'), '0123456789', '０１２３４５６７８９')",
    "with a time": f"strftime({DAY}, '%Y-%m-%d') || 'T09:30:00Z'",
    "moment": f"CAST({DAY} AS TIMESTAMP) + INTERVAL 9 HOUR",
    "moment with a zone": f"timezone('Asia/Shanghai', CAST({DAY} AS TIMESTAMP))",
}
DECLARED = {
    "day first": (f"strftime({DAY}, '%d.%m.%Y')", "%d.%m.%Y"),
    "year, day, month": (f"strftime({DAY}, '%Y-%d-%m')", "%Y-%d-%m"),
    "spreadsheet": (f"CAST({DAY} - DATE '1899-12-30' AS VARCHAR)", "spreadsheet"),
    "epoch": (f"CAST(epoch({DAY}) AS BIGINT)", "epoch_s"),
}


def _sized(forms: Iterable[str], *quick: str) -> list[Any]:
    """The forms, of which a few are tried in the quick run of the tests."""
    sized: list[Any] = []
    for form in forms:
        marks = () if form in quick else pytest.mark.slow
        sized.append(pytest.param(form, marks=marks))
    return sized


def _written_as(settings: Settings, expression: str) -> None:
    sql = BILL.replace(f"{DAY} AS known_date", f"{expression} AS known_date")
    assert sql != BILL
    (settings.profile_dir / "extract" / "bill.sql").write_text(sql, encoding="utf-8")


def _declaring(settings: Settings, form: str) -> Settings:
    """The same profile, which says how it writes the day."""
    file = settings.profile_dir / "settings.yaml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    told["standardise"] = {"bill.known_date": {"dates": [form]}}
    file.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    return load_settings(
        str(settings.profile_dir),
        state_dir=settings.environment.state_dir,
        data_path=settings.environment.data_path,
    )


def _months_run(settings: Settings) -> None:
    for month in (JANUARY, FEBRUARY):
        for step in ("extract", *INTEGRATED):
            if step != "check_raw":
                run_step(step, settings, month)


def _late(settings: Settings) -> int:
    """Late rows that February counted in January's bills."""
    run = MonthRun(settings, FEBRUARY)
    lines = run.rows_of_month("late_rows")
    run.close()
    return int(lines.late_rows.sum())


def _customers(settings: Settings) -> list[int]:
    """Customers of January, in the first version and the restated one."""
    day = settings.calendar.window(FEBRUARY).known_until
    return [
        MonthRun(settings, JANUARY, version).lake.rows("month_activity", JANUARY)
        for version in (None, day)
    ]


@pytest.mark.parametrize("form", _sized(FORMS, "compact as a number", "chinese"))
def test_late_bills_are_found(settings: Settings, form: str) -> None:
    _written_as(settings, FORMS[form])
    _months_run(settings)
    assert _late(settings) == 3
    assert _customers(settings) == [297, 300]
    lake = MonthRun(settings, JANUARY).lake
    day = settings.calendar.window(FEBRUARY).known_until
    kinds = {p.name.partition("=")[0] for p in lake.files_of(day) if "raw_" in str(p)}
    assert kinds == {"late"}, "the three rows alone were taken in"


def test_late_bills_that_come_in_several_batches_are_found(settings: Settings) -> None:
    """Which of the rows are late is asked batch by batch, while the late ones are on their way into the lake."""
    scattered = (0, 5_000, 10_000)
    for month in (JANUARY, FEBRUARY):
        bills = []
        for number in range(12_000):
            is_late = number in scattered and month == JANUARY
            day = "2024-02-20" if is_late else f"{month + 1}-03"
            bills.append((f"C{number}", 20.0 + number % 90, day))
        write_bills(settings.environment.data_path, month, bills)
    file = settings.profile_dir / "settings.yaml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    told["source"]["batch_rows"] = 2_048
    file.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    settings = load_settings(
        str(settings.profile_dir),
        state_dir=settings.environment.state_dir,
        data_path=settings.environment.data_path,
    )
    _written_as(settings, FORMS["compact"])
    _months_run(settings)
    assert _late(settings) == 3
    assert _customers(settings) == [11_997, 12_000]


@pytest.mark.parametrize("form", _sized(DECLARED, "day first"))
def test_late_bills_are_found_in_a_declared_form(settings: Settings, form: str) -> None:
    expression, declared = DECLARED[form]
    _written_as(settings, expression)
    settings = _declaring(settings, declared)
    _months_run(settings)
    assert _late(settings) == 3
    assert _customers(settings) == [297, 300]


def test_control_what_a_cast_reads_are_not_all_days(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The naive search, which asks the files themselves, finds nothing and says nothing."""

    def cast(*asked: object) -> str:
        window, name, since = asked[1:4]
        sql = late_extraction.rendered_sql(settings, window, name)  # type: ignore[arg-type]
        return f"SELECT * FROM ({sql}) WHERE TRY_CAST(known_date AS DATE) >= DATE '{since}'"

    _written_as(settings, FORMS["compact"])
    monkeypatch.setattr(late_extraction, "late_rows_sql", cast)
    _months_run(settings)
    assert _late(settings) == 0


def test_a_form_that_changed_is_read_all_the_same(settings: Settings) -> None:
    """January was delivered with days, and gives texts when it is searched: it is read whole, and says the same."""
    run_step("extract", settings, JANUARY)
    for step in INTEGRATED:
        run_step(step, settings, JANUARY)
    _written_as(settings, FORMS["compact"])
    for step in ("extract", *INTEGRATED):
        run_step(step, settings, FEBRUARY)
    assert _late(settings) == 3
    assert _customers(settings) == [297, 300]


def test_days_that_cannot_be_read_are_told_and_set_aside(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Two of the late bills have no readable day: nobody can tell that they came late, and nobody passes over them."""
    data = Path(str(settings.environment.data_path))
    file = data / f"bills_{JANUARY}.csv"
    _written_as(settings, "known")
    extract = settings.profile_dir / "extract" / "bill.sql"
    sql = extract.read_text(encoding="utf-8")
    sql = sql.replace(f"AND {DAY} <", f"AND coalesce(TRY_{DAY}, entered) <")
    sql = sql.replace(
        "FROM bills", "FROM (SELECT *, DATE '2024-02-20' AS entered FROM bills)"
    )
    extract.write_text(sql, encoding="utf-8")
    lines = file.read_text().splitlines()
    for place in (1, 2):
        lines[place] = lines[place].replace("2024-02-20", "Feb 20")
    file.write_text("\n".join(lines) + "\n")
    _months_run(settings)
    assert _late(settings) == 3
    assert "raw_bill 2024-01, column known_date: nobody can tell" in caplog.text
    assert "2 rows; e.g. Feb 20, Feb 20" in caplog.text
    day = settings.calendar.window(FEBRUARY).known_until
    run = MonthRun(settings, JANUARY, day)
    aside = run.rows_of_month("quarantine")
    run.close()
    assert list(aside.rule) == ["known_date_unreadable"] * 2
    assert _customers(settings) == [297, 298]
