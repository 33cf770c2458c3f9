"""The label by days, for any window lengths: beside a naive count in Python.

The simulator's truth is asked in ``tests/test_whole_road.py``.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.windows import Window
from churn_tasks.declared.registry import load_registry
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import make, put, small_run

MARCH = Month.parse("2024-03")
MEANING = {"en": "A test", "zh": "测试"}


@dataclass(frozen=True)
class Life:
    """Months in which a customer was billed, and the day of closing, which may be entered months later."""

    billed: frozenset[Month]
    closed: date | None
    entered: Month | None


def life(chance: random.Random, first: Month, last: Month) -> Life:
    """Billed to some month, perhaps with a gap, a bill that trails, or a closing."""
    ends = first + chance.randrange(3, last.months_since(first) + 4)
    billed = set(months_between(first, min(ends, last + 1)))
    if chance.random() < 0.2:
        billed -= {chance.choice(sorted(billed))}
    if chance.random() < 0.1 and ends < last:
        billed.add(ends + 1)
    if chance.random() < 0.6:
        return Life(frozenset(billed), None, None)
    day = ends.start - timedelta(days=chance.randrange(0, 45))
    return Life(frozenset(billed), day, Month.of(day) + chance.choice([0, 0, 1, 2]))


def day_of_leaving(one: Life, window: Window, first_read: Month) -> date | None:
    """By the words of the definition, day by day."""
    last_read = Month.of(window.label_known) - 1
    if one.closed and one.entered and one.entered <= last_read:
        return one.closed
    billed = [month for month in one.billed if first_read <= month <= last_read]
    if not billed or max(billed) == last_read:
        return None
    return max(billed).end - timedelta(days=1)


def naive(one: Life, window: Window, first_read: Month) -> tuple[Any, ...]:
    left = day_of_leaving(one, window, first_read)
    if left is None:
        return False, False, None
    is_churned = window.predict_start <= left < window.predict_end
    return is_churned, left < window.predict_start, left


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lengths=st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(1, 3)),
    truth_after=st.integers(1, 3),
    predict_from=st.sampled_from(["delay", "list"]),
    seed=st.integers(0, 10_000),
)
def test_the_label_is_what_a_naive_count_gives(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: tuple[int, int, int],
    truth_after: int,
    predict_from: str,
    seed: int,
) -> None:
    """Forty lives, any lengths, counted from the delay's end or from the list on: churned, left early and the day."""
    folder = tmp_path_factory.mktemp("naive")
    definition = {"name": "last_billed", "truth_after": truth_after}
    found, expected, window = both(folder, definition, lengths, seed, predict_from)
    assert found == expected
    assert window.label_known == (Month.of(window.predict_end) + truth_after).start


def test_the_old_way_of_counting_gives_something_else(tmp_path: Path) -> None:
    """Control: of the same forty lives it calls others leavers of the window."""
    found, expected, _ = both(tmp_path, "not_billed", (3, 1, 1), seed=1)
    churned = {name for name, row in found.items() if row[0]}
    truly = {name for name, row in expected.items() if row[0]}
    assert churned and truly and churned != truly


def both(
    folder: Path,
    definition: object,
    lengths: tuple[int, int, int],
    seed: int,
    predict_from: str = "delay",
) -> tuple[dict[str, Any], dict[str, Any], Window]:
    """What the label says of forty lives, and what the naive count does."""
    observe, delay, predict = lengths
    run = small_run(
        folder,
        str(MARCH),
        raw=("bill", "customer"),
        first_month="2023-01",
        windows={
            "observe": observe,
            "delay": delay,
            "predict": predict,
            "predict_from": predict_from,
        },
        definition=definition,
    )
    chance = random.Random(seed)
    first = MARCH - observe
    last = Month.of(run.window.label_known) + 1  # two months that nobody may look at
    lives = {f"c{n:02d}": life(chance, first, last) for n in range(40)}
    _deliver(run, lives, list(months_between(first, last + 1)))
    found = {
        row["customer_id"]: (row["churned"], row["left_early"], row["left_date"])
        for row in make(run, run.registry.queries["labels"][0])
    }
    first_read = MARCH + 1 - observe
    expected = {name: naive(one, run.window, first_read) for name, one in lives.items()}
    run.close()
    return found, expected, run.window


def _deliver(run: MonthRun, lives: dict[str, Life], months: list[Month]) -> None:
    put(run, "cohort", str(MARCH), [{"customer_id": name} for name in lives])
    for month in months:
        billed, master = [], []
        for name, one in lives.items():
            is_closed = one.entered is not None and one.entered <= month
            master.append(
                {
                    "customer_id": name,
                    "has_left": is_closed,
                    "closed_date": one.closed if is_closed else None,
                }
            )
            if month in one.billed:
                billed.append({"customer_id": name, "is_active": True})
        put(run, "month_activity", str(month), billed)
        put(run, "month_profile", str(month), master)


@pytest.mark.parametrize("waits", [0, 1])
def test_a_definition_that_waits_too_little_is_refused(
    tmp_path: Path, waits: int
) -> None:
    """With both numbers; of a sign's own name. Waiting as long as it needs, or longer, is right."""
    signs = [{"event": "inactive_month"}, {"name": "gone", "event": "last_billed"}]
    definition = {"meaning": MEANING, "signs": signs, "truth_after": waits}
    run = small_run(tmp_path, "2024-03", raw=["bill"], definition=definition)
    if waits:
        load_registry(run.settings)
        return
    message = r"truth_after is 0, but sign gone \(event last_billed\) needs 1: .* Give truth_after: 1"
    with pytest.raises(SettingsError, match=message):
        load_registry(run.settings)


@pytest.mark.parametrize("event", ["inactive_month", "inactive_whole_window"])
def test_a_sign_without_a_day_is_refused_where_the_window_starts_within_a_month(
    tmp_path: Path, event: str
) -> None:
    """From the end of the delay on, which is a month's first day, the same definition is right."""
    definition = {"meaning": MEANING, "signs": [{"event": event}]}
    for predict_from in ("delay", "list"):
        folder = tmp_path / predict_from
        folder.mkdir()
        windows = {"predict_from": predict_from}
        run = small_run(
            folder, "2024-03", raw=["bill"], windows=windows, definition=definition
        )
        if predict_from == "delay":
            load_registry(run.settings)
            continue
        message = rf"sign {event} .* knows no day, .* Give predict_from: delay"
        with pytest.raises(SettingsError, match=message):
            load_registry(run.settings)


def test_the_definitions_that_ship_wait_as_long_as_their_signs_need(
    tmp_path: Path,
) -> None:
    """Control: not waiting, last_billed would call everybody who is billed to the end of the window a leaver of it."""
    run = small_run(
        tmp_path,
        "2024-03",
        raw=["bill"],
        definition={"name": "last_billed", "truth_after": 0},
    )
    with pytest.raises(SettingsError, match="truth_after is 0"):
        load_registry(run.settings)
