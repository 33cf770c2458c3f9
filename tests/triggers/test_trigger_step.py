"""The step ``triggers`` on a small lake: whom, when, with which words, and how the bytes stay the same."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from churn_tasks.core.currency import currency
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.trigger_sql import evidence_sql
from churn_tasks.declared.triggers import load_triggers
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, put, raw_tables, rows, small_run
from tests.triggers.test_declared_triggers import PORTED, with_triggers

MARCH, APRIL = "2024-03", "2024-04"


def lake(folder: Path, *triggers: dict[str, Any], **settings: Any) -> MonthRun:
    """March of an operator with every table; ``triggers`` take the place of those that ship."""
    if triggers:
        profile = with_triggers(folder, *triggers, **settings)
        return small_run(folder, MARCH, profile=profile)
    return small_run(folder, MARCH, raw=raw_tables(), **settings)


def customers(run: MonthRun, *names: str, month: str = MARCH, **columns: Any) -> None:
    """Everybody of the cohort, with a master record."""
    known = [{"customer_id": name, "has_left": False, **columns} for name in names]
    put(run, "month_profile", month, known)
    put(run, "cohort", month, [{"customer_id": name} for name in names])


def raised(run: MonthRun) -> dict[tuple[str, str], dict[str, Any]]:
    """What the step makes, by customer and trigger."""
    run_on("triggers", run)
    return {
        (row["customer_id"], row["trigger"]): row for row in rows(run, "out_trigger")
    }


@pytest.fixture
def run(tmp_path: Path) -> Iterator[MonthRun]:
    made = lake(tmp_path)
    yield made
    made.close()


def test_a_trigger_says_when_what_and_how_urgent(run: MonthRun) -> None:
    """Days are those of the event, else of the month; known on the last day before known_until, 2024-04-06."""
    customers(run, "ported", "faulty", phone_token="t", region_code="R1")
    put(
        run,
        "month_porting",
        MARCH,
        [
            {
                "customer_id": "ported",
                "port_request_count": 1,
                "last_port_request_date": date(2024, 3, 12),
            }
        ],
    )
    put(run, "month_care", MARCH, [{"customer_id": "faulty", "fault_count": 2}])
    found = raised(run)
    assert found.keys() == {("ported", "port_requested"), ("faulty", "faults_reported")}
    assert found["ported", "port_requested"] == {
        "customer_id": "ported",
        "trigger": "port_requested",
        "event_date": date(2024, 3, 12),
        "known_date": date(2024, 4, 5),
        "priority": 100,
        "evidence_en": "asked on 2024-03-12 to take the number to another operator",
        "evidence_zh": "2024-03-12申请携号转网",
        "phone_token": "t",
        "region_code": "R1",
    }
    fault = found["faulty", "faults_reported"]
    assert fault["event_date"] == date(2024, 3, 1)
    assert fault["evidence_en"] == "faults reported in the month: 2"
    assert fault["evidence_zh"] == "当月申告故障2次"


def test_amounts_are_said_in_the_money_of_the_profile(tmp_path: Path) -> None:
    owes = {
        "name": "owes",
        "event": "postpaid_in_arrears",
        "priority": 1,
        "words": {"en": "Owes", "zh": "欠费"},
    }
    said = {}
    for code in ("CNY", "RUB"):
        run = lake(tmp_path / code, owes, currency=code)
        customers(run, "debtor", is_prepaid=0)
        put(
            run,
            "month_billing",
            MARCH,
            [{"customer_id": "debtor", "arrears_cny": 1234.5, "overdue_days": 7}],
        )
        row = raised(run)["debtor", "owes"]
        said[code] = (row["evidence_en"], row["evidence_zh"])
        run.close()
    assert said["CNY"] == (
        "owes 1234.50 CNY, the oldest bill 7 days overdue",
        "欠费1234.50元，最早一笔已逾期7天",
    )
    assert said["RUB"][0].startswith("owes 1234.50 RUB,")
    assert "卢布" in said["RUB"][1]


def test_parameters_and_amounts_stand_in_the_words(run: MonthRun) -> None:
    customers(run, "fell", "big_spender", key_account_class="A")
    for month, bill in (
        ("2023-12", 90),
        ("2024-01", 80),
        ("2024-02", 70),
        (MARCH, 40.5),
    ):
        customers(run, "fell", "big_spender", month=month, key_account_class="A")
        put(
            run,
            "month_activity",
            month,
            [
                {"customer_id": "fell", "is_active": True, "revenue_cny": bill},
                {"customer_id": "big_spender", "is_active": True, "revenue_cny": 999},
            ],
        )
    found = raised(run)
    assert found["fell", "bill_falling"]["evidence_en"] == (
        "monthly spend fell from 90.00 CNY to 40.50 CNY in 3 months"
    )
    assert found["fell", "key_account_spends_less"]["evidence_zh"] == (
        "连续2个月消费低于所属等级标准200.00元，当月40.50元"
    )
    assert not [name for customer, name in found if customer == "big_spender"]


def test_only_the_month_counts_and_only_who_is_still_there(run: MonthRun) -> None:
    """Asked in February or April, closed since, or in no master record: none. Each month raises its own."""
    customers(run, "february", "march", "april", "closed")
    put(
        run,
        "month_profile",
        MARCH,
        [
            *(
                {"customer_id": c, "has_left": False}
                for c in ("february", "march", "april")
            ),
            {"customer_id": "closed", "has_left": True},
        ],
    )
    asked = {
        "2024-02": ["february"],
        MARCH: ["march", "closed", "stranger"],
        APRIL: ["april"],
    }
    for month, names in asked.items():
        put(
            run,
            "month_porting",
            month,
            [{"customer_id": c, "port_request_count": 1} for c in names],
        )
    assert raised(run).keys() == {("march", "port_requested")}
    customers(run, "april", month=APRIL)
    assert raised(another_month(run, APRIL)).keys() == {("april", "port_requested")}


def test_the_silence_that_began_before_the_month_counts_in_the_month_of_its_thirtieth_day(
    run: MonthRun,
) -> None:
    """Last use 11 February + 29 days is 11 March; last use 3 March is 1 April, of the next month."""
    customers(run, "silent", "not_yet")
    put(
        run,
        "month_usage",
        "2024-02",
        [{"customer_id": "silent", "last_use_date": date(2024, 2, 11)}],
    )
    put(
        run,
        "month_usage",
        MARCH,
        [{"customer_id": "not_yet", "last_use_date": date(2024, 3, 3)}],
    )
    idle = {
        c: row["event_date"] for (c, name), row in raised(run).items() if name == "idle"
    }
    assert idle == {"silent": date(2024, 3, 11)}


def test_tiers_say_for_whom_a_trigger_is_raised(tmp_path: Path) -> None:
    tiers = {
        "of_a_and_b": ["A", "B"],
        "of_others": ["ordinary"],
        "of_the_rich": ["value_1", "D"],
        "of_all": [],
    }
    run = lake(
        tmp_path,
        *({**PORTED, "name": name, "tier": tier} for name, tier in tiers.items()),
    )
    classes = {"a": "A", "b": "B", "d": "D", "nobody": None, "rich": None}
    put(run, "cohort", MARCH, [{"customer_id": c} for c in classes])
    put(
        run,
        "month_profile",
        MARCH,
        [
            {"customer_id": c, "key_account_class": k, "has_left": False}
            for c, k in classes.items()
        ],
    )
    put(
        run,
        "month_porting",
        MARCH,
        [{"customer_id": c, "port_request_count": 1} for c in classes],
    )
    put(
        run,
        "feat_value",
        MARCH,
        [
            {"customer_id": "rich", "value_tier": 1},
            {"customer_id": "nobody", "value_tier": 2},
        ],
    )
    found: dict[str, set[str]] = {}
    for customer, name in raised(run):
        found.setdefault(name, set()).add(customer)
    run.close()
    assert found == {
        "of_a_and_b": {"a", "b"},
        "of_others": {"nobody", "rich"},
        "of_the_rich": {"d", "rich"},
        "of_all": set(classes),
    }


def test_one_customer_may_have_several_and_the_bytes_are_the_same_each_time(
    run: MonthRun,
) -> None:
    customers(run, "angry")
    put(
        run,
        "month_care",
        MARCH,
        [
            {
                "customer_id": "angry",
                "fault_count": 3,
                "unsatisfied_complaint_count": 1,
                "leaving_answer_count": 1,
            }
        ],
    )
    names = {name for _, name in raised(run)}
    assert names == {"faults_reported", "complaint_unsettled", "said_leaving"}
    first = run.lake.sha256("out_trigger", run.month)
    raised(run)
    assert run.lake.sha256("out_trigger", run.month) == first


def test_unknown_figures_are_said_to_be_unknown(run: MonthRun) -> None:
    """The words stay whole: one empty figure would empty a text put together with ||."""
    triggers = load_triggers(run.settings)
    arrears = next(one for one in triggers if one.name == "postpaid_in_arrears")
    struck = "SELECT NULL::DECIMAL(18, 4) AS arrears_cny, NULL::BIGINT AS overdue_days"
    said = evidence_sql(arrears, "en", currency("CNY"))
    (row,) = run.engine.records(f"SELECT {said} AS said FROM ({struck}) AS struck")
    assert row["said"] == "owes unknown, the oldest bill unknown days overdue"


def test_a_profile_without_triggers_is_left_alone(tmp_path: Path) -> None:
    run = lake(tmp_path, {**PORTED, "enabled": False})
    customers(run, "somebody")
    report = run_on("triggers", run)
    assert report.outcome == "skipped" and "no trigger" in report.reason
    assert not run.lake.has("out_trigger", run.month)
    run.close()


def shipped(folder: Path, profile: str, month: str) -> MonthRun:
    """A month of a profile that ships, in a lake of its own."""
    copied = shutil.copytree(INCLUDE / "profiles" / profile, folder / profile)
    return small_run(folder, month, profile=copied)


def test_the_shop_warns_of_who_stays_away(tmp_path: Path) -> None:
    """Last order 10 April + 59 days is 8 June; 10 May + 59 days is 8 July, of the next month."""
    run = shipped(tmp_path, "retail", "2010-06")
    customers(run, "away", "not_yet", month="2010-06")
    for month, name in (("2010-04", "away"), ("2010-05", "not_yet")):
        day = Month.parse(month).start + timedelta(days=9)
        put(
            run,
            "month_orders",
            month,
            [{"customer_id": name, "last_contact_date": day}],
        )
    found = raised(run)
    run.close()
    assert found.keys() == {("away", "away_sixty_days")}
    row = found["away", "away_sixty_days"]
    assert row["event_date"] == date(2010, 6, 8)
    assert row["evidence_en"] == (
        "no order and no return for 60 days, the last on 2010-04-10"
    )


def test_the_prepaid_operator_warns_of_spend_that_falls(tmp_path: Path) -> None:
    """300, 200, 120 rupees: exactly three fifths less."""
    run = shipped(tmp_path, "telecom_wide", "2014-08")
    customers(run, "fell", "fell_less", month="2014-08")
    spent = {"2014-06": (300, 300), "2014-07": (200, 200), "2014-08": (120, 121)}
    for month, amounts in spent.items():
        made = []
        for name, amount in zip(("fell", "fell_less"), amounts, strict=True):
            made.append({"customer_id": name, "is_active": True, "revenue_cny": amount})
        put(run, "month_activity", month, made)
    found = raised(run)
    run.close()
    assert found.keys() == {("fell", "revenue_falling")}
    assert found["fell", "revenue_falling"]["evidence_en"] == (
        "monthly spend fell from 300.00 INR to 120.00 INR in 2 months"
    )


def test_bills_alone_raise_what_they_tell_for_the_cohort(tmp_path: Path) -> None:
    """No master record: who is a customer is the cohort's word, and nobody's number is known."""
    run = small_run(tmp_path, MARCH, raw=["bill"])
    for month, bill in (("2023-12", 90), ("2024-01", 80), ("2024-02", 70), (MARCH, 40)):
        put(
            run,
            "month_activity",
            month,
            [
                {"customer_id": c, "is_active": True, "revenue_cny": bill}
                for c in ("fell", "gone")
            ],
        )
    put(run, "cohort", MARCH, [{"customer_id": "fell"}])
    found = raised(run)
    run.close()
    assert found.keys() == {("fell", "bill_falling")}
    assert found["fell", "bill_falling"]["phone_token"] is None


def test_a_restated_month_keeps_the_day_by_which_a_trigger_was_known(
    run: MonthRun,
) -> None:
    """A fault that came late is known by the restatement's day, and the complaint of the time by its own.

    Control: where nothing changed the bytes are those of the first version.
    """
    customers(run, "complains", "faulty")
    complains = {"customer_id": "complains", "unsatisfied_complaint_count": 1}
    put(run, "month_care", MARCH, [complains])
    raised(run)
    first = run.lake.sha256("out_trigger", run.month)
    found = {}
    for day, faults in ((date(2024, 5, 6), 0), (date(2024, 6, 6), 2)):
        again = replace(run, restated_until=day, shared={})
        faulty = {"customer_id": "faulty", "fault_count": faults}
        put(again, "month_care", MARCH, [complains, faulty])
        run_on("triggers", again)
        found[day] = rows(again, "out_trigger")
        is_same = again.lake.sha256("out_trigger", run.month) == first
        assert is_same == (faults == 0)
        again.close()
    known = {row["trigger"]: row["known_date"] for row in found[date(2024, 6, 6)]}
    assert known == {
        "complaint_unsettled": date(2024, 4, 5),
        "faults_reported": date(2024, 6, 5),
    }
    assert run.lake.sha256("out_trigger", run.month) == first


def test_without_the_cohort_the_step_waits(run: MonthRun) -> None:
    with pytest.raises(NotReady, match="cohort"):
        run_on("triggers", run)
