"""Rows of the ledger: what is taken in, and every way in which a row is set aside, by its name."""

import datetime as dt
from decimal import Decimal

import pytest

from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.effect.contract import entry_contract, said
from churn_tasks.effect.entries import Entry, corrected, read_entry
from churn_tasks.effect.judging import CalledList, OnRecord, Row, judged

JUNE = Month.parse("2024-06")
GOOD = {
    "month": "2024-06",
    "customer_id": "c1",
    "contact_day": "2024-07-10",
    "channel": "call",
    "agent": "A17",
    "outcome": "reached",
    "attempt": "1",
    "strategy": "loyalty credit",
    "strategy_version": "3",
    "cause_told": "competitor",
    "cost_cny": "12.5",
    "recall_day": "2024-07-20",
}
ENTRY = Entry(
    JUNE,
    "c1",
    dt.date(2024, 7, 10),
    "call",
    "A17",
    "reached",
    1,
    "loyalty credit",
    "3",
    "competitor",
    Decimal("12.50"),
    dt.date(2024, 7, 20),
)
RECORD = OnRecord(
    lists={
        JUNE: CalledList(
            dt.date(2024, 7, 6),
            dt.date(2024, 9, 1),
            {"c1": "run_a", "c2": "run_a"},
            {"c1": "treat", "c2": "hold_out"},
        )
    },
    listed=frozenset({"c1", "c2", "c3"}),
    causes=frozenset({"competitor", "payment"}),
)


def rules_of(*rows: dict[str, str], record: OnRecord = RECORD) -> list[str]:
    """The rules under which rows are set aside."""
    made = judged([Row(n, row) for n, row in enumerate(rows, 1)], record)
    return sorted({rule for aside in made.aside for rule in aside.rules})


def test_a_good_row_is_an_entry() -> None:
    made = judged([Row(1, GOOD)], RECORD)
    assert made.new == [(Row(1, GOOD), ENTRY)] and not made.aside


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"month": ""}, "month_missing"),
        ({"month": "June"}, "month_unreadable"),
        ({"month": "2024-13"}, "month_unreadable"),
        ({"month": "2024-02"}, "no_list"),
        ({"customer_id": " "}, "customer_id_missing"),
        ({"customer_id": "c" * 101}, "customer_id_too_long"),
        ({"customer_id": "c9"}, "unknown_customer"),
        ({"customer_id": "c3"}, "not_on_list"),
        ({"contact_day": ""}, "contact_day_missing"),
        ({"contact_day": "2024-02-30"}, "contact_day_unreadable"),
        ({"contact_day": "10.7.2024"}, "contact_day_unreadable"),
        ({"contact_day": "2024-07-05"}, "before_list"),
        ({"contact_day": "2024-09-01", "recall_day": ""}, "after_window"),
        ({"channel": ""}, "channel_missing"),
        ({"channel": "fax"}, "channel_unknown"),
        ({"agent": "  \u3000"}, "agent_missing"),
        ({"agent": "A" * 101}, "agent_too_long"),
        ({"agent": "13800138000"}, "clear_number"),
        ({"strategy": "called +8613800138000"}, "clear_number"),
        ({"outcome": ""}, "outcome_missing"),
        ({"outcome": "maybe"}, "outcome_unknown"),
        ({"attempt": "many"}, "attempt_unreadable"),
        ({"attempt": "0"}, "attempt_outlier"),
        ({"attempt": "51"}, "attempt_outlier"),
        ({"attempt": "1.5"}, "attempt_unreadable"),
        ({"cost_cny": "free"}, "cost_cny_unreadable"),
        ({"cost_cny": "-1"}, "cost_cny_outlier"),
        ({"cost_cny": "100000.01"}, "cost_cny_outlier"),
        ({"cost_cny": "NaN"}, "cost_cny_unreadable"),
        ({"cost_cny": "1e30"}, "cost_cny_unreadable"),
        ({"recall_day": "soon"}, "recall_day_unreadable"),
        ({"recall_day": "2024-07-10"}, "recall_before_contact"),
        ({"recall_day": "2026-07-10"}, "recall_too_late"),
        ({"cause_told": "weather"}, "unknown_cause"),
        ({"strategy_version": "v" * 51}, "strategy_version_too_long"),
    ],
)
def test_a_bad_row_is_set_aside_under_its_rule(
    changes: dict[str, str], rule: str
) -> None:
    assert rules_of({**GOOD, **changes}) == [rule]
    assert rule in said([rule])


def test_every_fault_of_a_row_is_named() -> None:
    bad = {**GOOD, "outcome": "maybe", "agent": "", "cost_cny": "-2"}
    assert rules_of(bad) == ["agent_missing", "cost_cny_outlier", "outcome_unknown"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("contact_day", "2024/7/10", dt.date(2024, 7, 10)),
        ("contact_day", "20240710", dt.date(2024, 7, 10)),
        ("contact_day", "2024年7月10日", dt.date(2024, 7, 10)),
        ("contact_day", "2024-07-10 09:30:00", dt.date(2024, 7, 10)),
        ("contact_day", "２０２４-07-10", dt.date(2024, 7, 10)),
        ("month", "202406", JUNE),
        ("month", "2024年6月", JUNE),
        ("month", "2024-06-01", JUNE),
        ("month", "2024-06-01 00:00:00", JUNE),
        ("attempt", "2.0", 2),
        ("attempt", "", 1),
        ("cost_cny", "1,200.5", Decimal("1200.50")),
        ("cost_cny", "0", Decimal(0)),
        ("cost_cny", "", None),
        ("cause_told", "", None),
        ("customer_id", " ｃ1 ", "c1"),
    ],
)
def test_values_are_read_as_people_write_them(
    name: str, text: str, value: object
) -> None:
    entry, broken = read_entry({**GOOD, name: text})
    assert broken == [] and entry is not None
    assert getattr(entry, name) == value


def test_who_was_held_out_and_is_called_is_taken_in() -> None:
    """No fault of the row: it is counted against the comparison."""
    made = judged([Row(1, {**GOOD, "customer_id": "c2"})], RECORD)
    assert len(made.new) == 1 and not made.aside


def test_the_same_row_twice_counts_once_and_a_contradiction_not_at_all() -> None:
    made = judged([Row(1, GOOD), Row(2, dict(GOOD))], RECORD)
    assert (len(made.new), made.known, made.aside) == (1, 1, [])
    other = {**GOOD, "outcome": "refused"}
    made = judged([Row(1, GOOD), Row(2, other)], RECORD)
    assert not made.new
    assert [aside.rules for aside in made.aside] == [("repeated_differently",)] * 2
    second = {**GOOD, "attempt": "2", "outcome": "refused"}
    made = judged([Row(1, GOOD), Row(2, second)], RECORD)
    assert len(made.new) == 2, "another attempt is another contact"


def test_what_is_on_record_is_known_and_otherwise_set_aside() -> None:
    record = OnRecord(RECORD.lists, RECORD.listed, {ENTRY.key: [ENTRY]}, RECORD.causes)
    made = judged([Row(1, GOOD)], record)
    assert (made.new, made.known, made.aside) == ([], 1, [])
    assert rules_of({**GOOD, "cost_cny": "13"}, record=record) == [
        "differs_from_record"
    ]


def test_people_may_accept_some_rules_and_no_others() -> None:
    early = {**GOOD, "contact_day": "2024-07-05"}
    made = judged([Row(1, early)], RECORD, frozenset({"before_list"}))
    assert len(made.new) == 1
    both = {**early, "cause_told": "weather"}
    made = judged([Row(1, both)], RECORD, frozenset({"before_list"}))
    assert made.aside[0].rules == ("unknown_cause",)
    rules = entry_contract().rules
    assert {name for name, rule in rules.items() if rule.may_be_accepted} == {
        "before_list",
        "after_window",
        "recall_too_late",
    }


def test_a_correction_changes_what_it_names_alone() -> None:
    assert corrected(ENTRY, {}) == ENTRY
    refused = corrected(ENTRY, {"outcome": "refused", "cost_cny": ""})
    assert (refused.outcome, refused.cost_cny, refused.agent) == (
        "refused",
        None,
        "A17",
    )
    with pytest.raises(BadInput, match="no column result; there are month"):
        corrected(ENTRY, {"result": "refused"})
    with pytest.raises(BadInput, match=r"outcome_unknown \(allowed: reached"):
        corrected(ENTRY, {"outcome": "perhaps"})
    for name, value in (("customer_id", "c2"), ("month", "2024-07")):
        with pytest.raises(BadInput, match="to another customer or list"):
            corrected(ENTRY, {name: value})


def test_the_contract_and_the_entry_have_the_same_columns() -> None:
    contract = entry_contract()
    assert set(contract.names) == set(Entry.__dataclass_fields__)
    assert set(contract.key) <= set(contract.names)
    (outcome,) = (one for one in contract.columns if one.name == "outcome")
    assert {*contract.reached, *contract.accepted} <= set(outcome.allowed)
