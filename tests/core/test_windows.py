"""Windows and label maturity: the worked example, and properties for any lengths."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.windows import Calendar

months = st.builds(Month, st.integers(2000, 2050), st.integers(1, 12))
calendars = st.builds(
    Calendar,
    first_month=months,
    observe=st.integers(1, 12),
    delay=st.integers(0, 6),
    predict=st.integers(1, 6),
    truth_after=st.integers(0, 3),
    settle_days=st.integers(0, 27),
)
offsets = st.integers(0, 60)

EXAMPLE = Calendar(
    first_month=Month(2024, 1)
)  # observe 3, delay 1, predict 1, settle 5; the truth shows in the window itself
DRAWN = replace(EXAMPLE, truth_after=1)  # the one at the top of the module


def test_the_worked_example() -> None:
    window = EXAMPLE.window(Month(2024, 3))
    assert window.observe_start == date(2024, 1, 1)
    assert window.as_of == date(2024, 4, 1)
    assert window.known_until == date(2024, 4, 6)
    assert (window.predict_start, window.predict_end) == (
        date(2024, 5, 1),
        date(2024, 6, 1),
    )
    assert window.label_known == date(2024, 6, 1)
    assert DRAWN.window(Month(2024, 3)) == replace(window, label_known=date(2024, 7, 1))
    assert DRAWN.label_lag == 3 and DRAWN.label_month(Month(2024, 6)) == Month(2024, 3)


def test_the_owner_s_two_horizons_and_no_delay() -> None:
    two = Calendar(first_month=Month(2024, 1), predict=2).window(Month(2024, 3))
    assert (two.predict_start, two.predict_end) == (date(2024, 5, 1), date(2024, 7, 1))
    at_once = Calendar(first_month=Month(2024, 1), delay=0).window(Month(2024, 3))
    assert at_once.predict_start == at_once.as_of == date(2024, 4, 1)


@pytest.mark.parametrize(
    ("run", "mature", "tested"),
    [
        (
            "2024-04",
            [],
            None,
        ),  # the first features are those of 2024-03; their label needs May to end
        ("2024-05", ["2024-03"], None),  # a label to learn from, none left to judge on
        (
            "2024-06",
            ["2024-03", "2024-04"],
            None,
        ),  # as_of(2024-04) = 1 May: no label was known then
        (
            "2024-07",
            ["2024-03", "2024-04", "2024-05"],
            "2024-05",
        ),  # as_of(2024-05) = 1 June: that of 2024-03 was
    ],
)
def test_the_first_months_of_a_history(
    run: str, mature: list[str], tested: str | None
) -> None:
    month = Month.parse(run)
    assert [str(m) for m in EXAMPLE.mature_months(month)] == mature
    assert EXAMPLE.tested_month(month) == (Month.parse(tested) if tested else None)


@pytest.mark.parametrize(
    ("run", "mature", "tested"),
    [
        ("2024-05", [], None),  # who left in May is known when June has been billed
        ("2024-06", ["2024-03"], None),
        ("2024-08", ["2024-03", "2024-04", "2024-05"], None),
        (
            "2024-09",
            ["2024-03", "2024-04", "2024-05", "2024-06"],
            "2024-06",
        ),  # as_of(2024-06) = 1 July: that of 2024-03 was known
    ],
)
def test_a_truth_that_waits_a_month_moves_the_first_list_by_two(
    run: str, mature: list[str], tested: str | None
) -> None:
    """One month for the label that is judged on, one for the label that is learnt from."""
    month = Month.parse(run)
    assert [str(m) for m in DRAWN.mature_months(month)] == mature
    assert DRAWN.tested_month(month) == (Month.parse(tested) if tested else None)


def test_training_begins_no_earlier_than_it_is_told() -> None:
    """Half a year is summed up first, and models begin with 2024-09."""
    calendar = replace(EXAMPLE, train_from=Month(2024, 9))
    assert calendar.tested_month(Month(2024, 8)) is None
    assert calendar.tested_month(Month(2024, 9)) == Month(2024, 7)
    assert EXAMPLE.tested_month(Month(2024, 8)) == Month(2024, 6)


@given(calendars, offsets)
def test_windows_do_not_overlap_and_follow_each_other(
    calendar: Calendar, offset: int
) -> None:
    month = calendar.first_month + offset
    window = calendar.window(month)
    assert (
        window.observe_start < window.as_of <= window.predict_start < window.predict_end
    )
    assert window.as_of <= window.known_until < (month + 2).start
    assert (
        Month.of(window.as_of).months_since(Month.of(window.observe_start))
        == calendar.observe
    )
    assert (
        Month.of(window.predict_start).months_since(Month.of(window.as_of))
        == calendar.delay
    )
    assert (
        Month.of(window.predict_end).months_since(Month.of(window.predict_start))
        == calendar.predict
    )
    assert (
        Month.of(window.label_known).months_since(Month.of(window.predict_end))
        == calendar.truth_after
    )


@given(calendars, offsets)
def test_a_label_is_used_only_when_it_is_known(calendar: Calendar, offset: int) -> None:
    month = calendar.first_month + offset
    as_of = calendar.window(month).as_of
    mature = calendar.mature_months(month)
    assert all(calendar.window(m).label_known <= as_of for m in mature)
    assert all(calendar.has_features(m) for m in mature)
    following = (
        mature[-1] + 1 if mature else calendar.first_month + calendar.observe - 1
    )
    assert calendar.window(following).label_known > as_of, "no mature month is left out"


@given(calendars, offsets)
def test_what_judges_a_model_lies_after_all_that_it_learnt(
    calendar: Calendar, offset: int
) -> None:
    tested = calendar.tested_month(calendar.first_month + offset)
    if tested is not None:
        as_of = calendar.window(tested).as_of
        learnt = calendar.mature_months(tested)
        assert learnt and all(calendar.window(m).label_known <= as_of for m in learnt)
        assert tested not in learnt


@given(calendars, offsets)
def test_each_label_becomes_mature_in_exactly_one_run(
    calendar: Calendar, offset: int
) -> None:
    run = calendar.first_month + offset
    assert (
        calendar.window(calendar.label_month(run)).label_known
        == calendar.window(run).as_of
    )


def test_the_naive_calendar_would_use_labels_too_early() -> None:
    """Negative control: training on every month before the tested one looks past its as_of."""
    tested = Month(2024, 5)
    naive = [tested - 1, tested - 2]
    as_of = EXAMPLE.window(tested).as_of
    assert any(EXAMPLE.window(month).label_known > as_of for month in naive)


def test_counted_from_the_list_on() -> None:
    """Whoever leaves three days after the list, or later in the delay, could be called: the end does not move."""
    from_list = replace(DRAWN, lead_days=3)
    window = from_list.window(Month(2024, 3))
    after_delay = DRAWN.window(Month(2024, 3))
    assert window == replace(after_delay, predict_start=date(2024, 4, 9))
    assert window.predict_start == window.in_time_from(3)
    assert from_list.label_lag == DRAWN.label_lag


@given(calendars, offsets, st.integers(0, 3))
def test_no_leaving_lies_in_the_windows_of_months_apart(
    calendar: Calendar, offset: int, lead_days: int
) -> None:
    """For windows from the end of the delay and from the list on; the month before still shares a day."""
    is_long = calendar.delay + calendar.predict > 1
    choices = [calendar]
    if is_long:
        choices.append(replace(calendar, lead_days=lead_days, settle_days=5))
    for chosen in choices:
        month = calendar.first_month + offset
        window = chosen.window(month)
        later = chosen.window(month + chosen.months_apart)
        assert later.predict_start >= window.predict_end
        if chosen.months_apart > 1:
            sooner = chosen.window(month + chosen.months_apart - 1)
            assert sooner.predict_start < window.predict_end


@pytest.mark.parametrize("lead_days", [-1, 51, 60])
def test_a_window_that_would_start_after_its_end_is_refused(lead_days: int) -> None:
    """Two months may have 56 days, of which billing takes five."""
    with pytest.raises(SettingsError, match="allowed are 0 to 50"):
        replace(EXAMPLE, lead_days=lead_days)
    assert replace(EXAMPLE, lead_days=50).lead_days == 50


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("observe", 0),
        ("delay", -1),
        ("predict", 0),
        ("truth_after", 13),
        ("settle_days", 28),
    ],
)
def test_impossible_lengths_are_named(field: str, value: int) -> None:
    with pytest.raises(SettingsError, match=f"windows.{field} is {value}"):
        Calendar(first_month=Month(2024, 1), **{field: value})
