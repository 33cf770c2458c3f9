"""An answer that came late (how a customer took it) counts in the restated month, whether rows came late or not."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.walks.restate import restate
from tests.restatement.conftest import digests
from tests.restatement.late_bills import write_bills
from tests.restatement.test_late_step import (
    FEBRUARY,
    INTEGRATED,
    JANUARY,
    settings,
)

__all__ = ["settings"]  # a fixture

MARCH = FEBRUARY + 1
HEAD = "ticket,account,day,known,answered,answer"
GIVEN = """
SELECT ticket AS complaint_id, account AS customer_id, CAST(day AS DATE) AS event_date,
    CAST(known AS DATE) AS known_date, 'network' AS category, 'hotline' AS channel, 'weak signal' AS complaint_text,
    answer AS outcome, CAST(answered AS DATE) AS outcome_known_date
FROM complaints
WHERE CAST(day AS DATE) >= $month AND CAST(day AS DATE) < $as_of AND CAST(known AS DATE) < $known_until
"""
HIDDEN = GIVEN.replace(
    "answer AS outcome, CAST(answered AS DATE) AS outcome_known_date",
    "CASE WHEN CAST(answered AS DATE) < $known_until THEN answer END AS outcome,"
    " CASE WHEN CAST(answered AS DATE) < $known_until THEN CAST(answered AS DATE) END AS outcome_known_date",
)
# four complaints of January, answered after it was read (known until 2024-02-06)
WAITING = [
    f"T{n},C{n},2024-01-1{n},2024-01-1{n},2024-02-20,unsatisfied" for n in range(5, 9)
]
LATE = "T9,C9,2024-01-20,2024-02-15,2024-02-20,unsatisfied"  # a late row


def _write(settings: Settings, complaints: Iterable[str]) -> None:
    data = Path(str(settings.environment.data_path))
    for month in (JANUARY, FEBRUARY, MARCH):
        lines = [HEAD, *complaints] if month == JANUARY else [HEAD]
        (data / f"complaints_{month}.csv").write_text("\n".join(lines) + "\n")
    bills = [(f"C{n}", 20.0 + n, "2024-04-03") for n in range(300)]
    write_bills(data, MARCH, bills)


def _profile(settings: Settings, sql: str, complaints: Iterable[str]) -> None:
    extract = settings.profile_dir / "extract" / "complaint.sql"
    extract.write_text(sql, encoding="utf-8")
    _write(settings, complaints)


def _run(settings: Settings, *months: object) -> None:
    for month in months:
        for step in ("extract", *INTEGRATED):
            run_step(step, settings, month)  # type: ignore[arg-type]


def _unsatisfied(settings: Settings, day: date | None) -> int:
    """Complaints of January that its summary counts as badly answered, in the version of a day."""
    run = MonthRun(settings, JANUARY, day)
    care = run.rows_of_month("month_care")
    audit = run.rows_of_month("audit_rows")
    run.close()
    told = audit[audit.table_name == "complaint"].iloc[0]
    assert told.rows_in == told.rows_out + told.quarantined + told.merged
    assert told.merged == 0, "an answer is no second row"
    return int(care.unsatisfied_complaint_count.sum())


@pytest.mark.parametrize("sql", [HIDDEN, GIVEN], ids=["hidden", "given at once"])
@pytest.mark.parametrize("complaints", [WAITING, [*WAITING, LATE]])
def test_answers_count_as_in_a_month_restated_by_hand(
    settings: Settings, sql: str, complaints: list[str]
) -> None:
    """A source may hide an answer until it is known, or give it at once with the day from which on it may be used."""
    _profile(settings, sql, complaints)
    _run(settings, JANUARY, FEBRUARY)
    day = settings.calendar.window(FEBRUARY).known_until
    assert _unsatisfied(settings, None) == 0
    assert _unsatisfied(settings, day) == len(complaints)
    list(restate(settings, JANUARY))
    assert _unsatisfied(settings, day.replace(day=7)) == len(complaints)
    made_by_hand = [name for name in digests(settings) if "2024-03-07" in name]
    assert not [name for name in made_by_hand if "/month_" in f"/{name}"], (
        "nothing was left to find"
    )


def test_an_answer_that_changed_takes_the_place_of_the_earlier_one(
    settings: Settings,
) -> None:
    """First content, then not any more; the run of March restates January once more."""
    wider = settings.restatement.model_copy(update={"months": 2})
    settings = settings.model_copy(update={"restatement": wider})
    first = [line.replace("unsatisfied", "satisfied") for line in WAITING]
    _profile(settings, HIDDEN, first)
    _run(settings, JANUARY, FEBRUARY)
    day = settings.calendar.window(FEBRUARY).known_until
    assert _unsatisfied(settings, day) == 0
    again = [line.replace("2024-02-20", "2024-03-20") for line in WAITING[:1]]
    _write(settings, [*again, *first[1:]])
    _run(settings, MARCH)
    assert _unsatisfied(settings, settings.calendar.window(MARCH).known_until) == 1


def test_late_answers_are_counted_as_late(settings: Settings) -> None:
    _profile(settings, HIDDEN, [*WAITING, LATE])
    _run(settings, JANUARY, FEBRUARY)
    run = MonthRun(settings, FEBRUARY)
    lines = run.rows_of_month("late_rows")
    run.close()
    counted = {
        line.table_name: (line.late_rows, line.new_rows) for line in lines.itertuples()
    }
    assert counted == {"bill": (3, 3), "complaint": (5, 1)}


def test_without_answers_nothing_is_read_again(settings: Settings) -> None:
    """Control: complaints that were answered in time leave January's complaints as they are."""
    timely = [line.replace("2024-02-20", "2024-01-25") for line in WAITING]
    _profile(settings, HIDDEN, timely)
    _run(settings, JANUARY, FEBRUARY)
    day = settings.calendar.window(FEBRUARY).known_until
    assert MonthRun(settings, JANUARY).lake.has_version("raw_bill", JANUARY, day)
    assert not MonthRun(settings, JANUARY).lake.has_version(
        "raw_complaint", JANUARY, day
    )
