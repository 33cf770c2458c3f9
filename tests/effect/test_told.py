"""What is told of lists, from rows: persons once, contacts in time, and no figure where there is nothing to say."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churn_tasks.effect.drawn import by_channel, drawn, persons_of
from churn_tasks.effect.told import Effect, counted, told

MONTHS = (dt.date(2024, 6, 1), dt.date(2024, 7, 1))
CONTACT_COLUMNS = [
    "customer_id",
    "contact_day",
    "channel",
    "is_reached",
    "is_accepted",
    "cost_cny",
]


def line(customer: str, **changes: Any) -> dict[str, Any]:
    row = {
        "month": MONTHS[0],
        "customer_id": customer,
        "person_id": f"P{customer}",
        "arm": "treat",
        "cause": "payment",
        "churn_score": 0.5,
        "arpu_cny": 40.0,
        "has_left": False,
        "from_day": dt.date(2024, 7, 6),
        "to_day": dt.date(2024, 9, 1),
    }
    return {**row, **changes}


def contact(customer: str, day: str = "2024-07-10", **changes: Any) -> dict[str, Any]:
    row = {
        "customer_id": customer,
        "contact_day": dt.date.fromisoformat(day),
        "channel": "call",
        "is_reached": True,
        "is_accepted": False,
        "cost_cny": 5.0,
    }
    return {**row, **changes}


def persons(
    lines: list[dict[str, Any]], contacts: list[dict[str, Any]]
) -> pd.DataFrame:
    return persons_of(
        pd.DataFrame(lines), pd.DataFrame(contacts, columns=CONTACT_COLUMNS)
    )


def test_two_lines_of_a_person_are_one_person() -> None:
    """One of two lines left, worth 10 of 40 a month: half a leaving, and 10 of revenue."""
    lines = [
        line("a", person_id="P", has_left=True, arpu_cny=10, churn_score=0.8),
        line("b", person_id="P", arpu_cny=30, churn_score=0.4),
    ]
    (row,) = persons(lines, [contact("b"), contact("b", "2024-07-11")]).to_dict(
        "records"
    )
    assert (row["left"], row["money_left"]) == (0.5, 10)
    assert row["score"] == pytest.approx(0.6)
    assert row["money_expected"] == pytest.approx(0.8 * 10 + 0.4 * 30)
    assert (row["contacted"], row["reached"], row["accepted"]) == (True, True, False)
    assert row["cost_cny"] == 10


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2024-07-05", False),
        ("2024-07-06", True),
        ("2024-08-31", True),
        ("2024-09-01", False),
    ],
)
def test_contacts_count_while_the_list_runs(day: str, counts: bool) -> None:
    (row,) = persons([line("a")], [contact("a", day)]).to_dict("records")
    assert row["contacted"] is counts


def test_a_contact_for_a_later_list_counts_for_the_earlier_one_that_still_runs() -> (
    None
):
    """Held out in June and called in August for July's list: contamination, whatever list it was done for."""
    later = {"from_day": dt.date(2024, 8, 6), "to_day": dt.date(2024, 10, 1)}
    lines = [line("a", arm="hold_out"), line("a", month=MONTHS[1], **later)]
    both = persons(lines, [contact("a", "2024-08-10")])
    assert both["contacted"].tolist() == [True, True]


def many(
    called_left: float, held_out_left: float, month: int = 0, size: int = 100
) -> list[dict[str, Any]]:
    """So many persons in each arm, of whom these shares left."""
    lines = []
    for arm, share in (("treat", called_left), ("hold_out", held_out_left)):
        for number in range(size):
            lines.append(
                line(
                    f"{arm}{month}_{number}",
                    month=MONTHS[month],
                    arm=arm,
                    has_left=number < share * size,
                    cause="payment" if number % 2 else "competitor",
                )
            )
    return lines


def by_name(effects: list[Effect]) -> dict[tuple[str, str], Effect]:
    return {(effect.scope, effect.name): effect for effect in effects}


def test_persons_and_money_kept_follow_from_the_difference() -> None:
    """20 of 100 called left and 50 of 100 held out: 30 kept, at 40 a month 1,200."""
    lines = many(0.2, 0.5)
    contacts = [contact(f"treat0_{number}") for number in range(60)]
    effects = told(persons(lines, contacts), 0.2)
    assert [(effect.scope, effect.state) for effect in effects] == [
        ("all", "told"),
        ("month", "told"),
        ("cause", "told"),
        ("cause", "told"),
    ]
    figures = effects[1].figures
    assert figures["change"] == pytest.approx(-0.3)
    assert figures["kept"] == pytest.approx(30)
    assert figures["money_kept_cny"] == pytest.approx(1200)
    # of the 60 reached: half a leaving each
    assert figures["reached_change"] == pytest.approx(-0.5)
    assert figures["kept_low"] < 30 < figures["kept_high"]
    # exactly Student's interval of two means: 1.974 * sqrt(0.25 * 0.2 * ... ) persons, by hand
    variances = [np.var([1] * n + [0] * (100 - n), ddof=1) for n in (20, 50)]
    pooled = np.mean(variances)
    error = np.sqrt(sum(max(one, pooled) for one in variances) / 100)
    assert figures["kept_high"] - 30 == pytest.approx(100 * 1.97 * error, rel=0.005)
    assert effects[0].figures["kept_low"] < figures["kept_low"], "read every month"
    assert (figures["contacted"], figures["not_contacted"]) == (60, 40)


def test_without_a_contact_on_record_nothing_is_told() -> None:
    effects = told(persons(many(0.2, 0.5), []), 0.2)
    assert [effect.state for effect in effects] == ["no_contacts", "no_contacts"]
    assert all("change" not in effect.figures for effect in effects)


def test_few_persons_show_nothing() -> None:
    effects = told(persons(many(0.2, 0.5, size=29), [contact("treat0_1")]), 0.2)
    assert [effect.state for effect in effects] == ["too_few", "too_few"]
    enough = told(persons(many(0.2, 0.5, size=30), [contact("treat0_1")]), 0.2)
    assert enough[0].state == "told", "control"


def test_a_broken_hold_out_gives_no_figure_and_is_in_no_other() -> None:
    """Of June's 100 held out 21 were called: more than a fifth. July tells alone."""
    lines = many(0.2, 0.5) + many(0.3, 0.4, month=1)
    june = [contact(f"hold_out0_{number}") for number in range(21)]
    july = [contact("treat0_1"), contact("treat1_1")]
    found = by_name(told(persons(lines, june + july), 0.2))
    broken = found["month", "2024-06"]
    assert broken.state == "broken" and "change" not in broken.figures
    assert broken.figures["held_out_contacted"] == 21
    assert found["all", ""].figures["change"] == pytest.approx(-0.1)
    assert found["all", ""].figures["lists"] == 1
    # control: one fewer, and both tell
    found = by_name(told(persons(lines, june[1:] + july), 0.2))
    assert found["month", "2024-06"].state == "told"
    assert found["all", ""].figures["change"] == pytest.approx(-0.2)


def test_where_every_list_is_broken_so_is_the_whole() -> None:
    called = [contact(f"hold_out0_{number}") for number in range(100)]
    effects = told(persons(many(0.2, 0.5), called), 0.2)
    assert [effect.state for effect in effects] == ["broken", "broken"]
    assert effects[0].figures["held_out_contacted"] == 100


def test_who_was_not_drawn_is_in_no_comparison() -> None:
    lines = [*many(0.2, 0.5), line("key", arm="exempt"), line("never", arm="panel")]
    assert len(drawn(persons(lines, []), "left", "score")) == 200


def test_nobody_drawn_nothing_told() -> None:
    nobody = persons(many(0.2, 0.5), []).head(0)
    assert told(nobody, 0.2) == []


def test_channels_are_counted_by_persons_to_be_called() -> None:
    """P has two lines and three calls: one person called, reached once; who is held out is not counted here."""
    lines = [
        line("a", person_id="P"),
        line("b", person_id="P"),
        line("c"),
        line("d", arm="hold_out"),
    ]
    contacts = [
        contact("a", is_reached=False),
        contact("a", "2024-07-11", is_reached=False),
        contact("b", is_accepted=True),
        contact("c", channel="visit"),
        contact("d"),
        contact("c", "2024-10-01"),
    ]
    made = by_channel(
        pd.DataFrame(lines), pd.DataFrame(contacts, columns=CONTACT_COLUMNS)
    )
    assert [
        (effect.name, effect.state, effect.figures) for effect in counted(made)
    ] == [
        (
            "call",
            "counted",
            {"contacted": 1, "reached": 1, "accepted": 1, "cost_cny": 15.0},
        ),
        (
            "visit",
            "counted",
            {"contacted": 1, "reached": 1, "accepted": 0, "cost_cny": 5.0},
        ),
    ]
    nothing = pd.DataFrame([], columns=CONTACT_COLUMNS)
    assert counted(by_channel(pd.DataFrame(lines), nothing)) == []
