"""Labels by definition: tiers, several signs, kinds, the market taken out, and the labels that there were before."""

import random
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import (
    another_month,
    make,
    put,
    raw_tables,
    rows,
    small_profile,
    small_run,
)
from tests.random_lake import CUSTOMERS, fill

MEANING = {"en": "A test", "zh": "测试"}
OLD = Path(__file__).parent / "old_labels"
NOT_THERE = {
    "month_activity": {"is_active": False},
    "month_profile": {"has_left": True, "closed_date": date(2024, 5, 7)},
}


def labelled(run: MonthRun) -> dict[str, dict[str, Any]]:
    """The label of the month of the run, by customer."""
    return {
        row.pop("customer_id"): row
        for row in make(run, run.registry.queries["labels"][0])
    }


def lake(tmp_path: Path, definition: object, **settings: Any) -> MonthRun:
    """2024-03 of an operator with every table: delay April, predict May."""
    return small_run(
        tmp_path, "2024-03", raw=raw_tables(), definition=definition, **settings
    )


def bill(run: MonthRun, month: str, *customers: str) -> None:
    """Who was billed in a month."""
    put(
        run,
        "month_activity",
        month,
        [{"customer_id": c, "is_active": True, "revenue_cny": 50} for c in customers],
    )


SIGNS = [
    {"name": "not_billed", "event": "inactive_month"},
    {"event": "port_requested"},
    {"event": "rival_called"},
]
TIERS = [
    {
        "name": "key",
        "meaning": MEANING,
        "when": "key_account_class IN ('A', 'B')",
        "at_least": "any",
    },
    {
        "name": "rich",
        "meaning": MEANING,
        "when": "arpu_cny >= 120",
        "signs": ["not_billed"],
        "at_least": 1,
    },
]


def test_a_high_value_customer_needs_one_sign_an_ordinary_one_two(
    tmp_path: Path,
) -> None:
    """C4. Everybody asks to port in May; some are not billed in May either.

    rich spends 120 a month on average (360 in three months) and counts for nothing but bills; nearly 119.99 a month.
    """
    run = lake(
        tmp_path, {"meaning": MEANING, "signs": SIGNS, "at_least": 2, "tiers": TIERS}
    )
    everybody = ("key", "rich", "nearly", "ordinary", "two_signs")
    spent = {"rich": 120, "nearly": 119.99}
    put(run, "cohort", "2024-03", [{"customer_id": c} for c in everybody])
    for month in ("2024-01", "2024-02", "2024-03"):
        put(
            run, "month_activity", month,
            [{"customer_id": c, "is_active": True, "revenue_cny": spent.get(c, 30)} for c in everybody],
        )  # fmt: skip
    put(
        run,
        "month_profile",
        "2024-03",
        [{"customer_id": "key", "key_account_class": "A", "has_left": False}],
    )
    bill(run, "2024-04", *everybody)
    bill(run, "2024-05", "key", "rich", "nearly", "ordinary")
    put(
        run,
        "month_porting",
        "2024-05",
        [{"customer_id": c, "port_request_count": 1} for c in everybody],
    )
    found = labelled(run)
    assert {c: row["tier"] for c, row in found.items()} == {
        "key": "key", "rich": "rich", "nearly": "ordinary", "ordinary": "ordinary", "two_signs": "ordinary",
    }  # fmt: skip
    assert {c for c, row in found.items() if row["churned"]} == {"key", "two_signs"}


def test_who_shows_the_last_sign_in_the_delay_left_in_the_delay(tmp_path: Path) -> None:
    """Two signs are needed: the month of the second one is the month of leaving."""
    run = lake(tmp_path, {"meaning": MEANING, "signs": SIGNS[1:], "at_least": "all"})
    put(
        run,
        "cohort",
        "2024-03",
        [{"customer_id": c} for c in ("april", "april_and_may", "may", "one")],
    )
    port, call = {"port_request_count": 1}, {"competitor_hotline_count": 1}
    put(
        run,
        "month_porting",
        "2024-04",
        [{"customer_id": c, **port} for c in ("april", "april_and_may", "one")],
    )
    put(
        run,
        "month_porting",
        "2024-05",
        [{"customer_id": c, **port} for c in ("may", "one")],
    )
    put(run, "month_usage", "2024-04", [{"customer_id": "april", **call}])
    put(
        run,
        "month_usage",
        "2024-05",
        [{"customer_id": c, **call} for c in ("april_and_may", "may")],
    )
    found = labelled(run)
    assert {c for c, row in found.items() if row["left_early"]} == {"april"}
    assert {c for c, row in found.items() if row["churned"]} == {"april_and_may", "may"}
    assert {c: row["kind"] for c, row in found.items()} == {
        "april": "unknown", "april_and_may": "unknown", "may": "unknown", "one": None,
    }  # fmt: skip


KINDS = [
    {
        "kind": "forced",
        "evidence": [{"event": "in_arrears", "given": {"overdue_days": 1}}],
    },
    {
        "kind": "competitor",
        "at_least": 2,
        "evidence": [{"event": "port_requested"}, {"event": "rival_called"}],
    },
    {"kind": "voluntary", "evidence": [{"event": "said_leaving"}]},
]


def test_kinds_are_told_in_order_by_what_struck_up_to_the_month_of_leaving(
    tmp_path: Path,
) -> None:
    """Nobody is billed in May.

    owes      in arrears in February and ported: forced comes first
    ported    asked in January and called a rival in May: both are needed, both are there
    asked     only one of the two: no competitor, and nothing else
    says_so   voluntary
    later     owes from June on, after leaving: unknown
    stays     billed, in arrears: no kind
    """
    run = lake(
        tmp_path,
        {"meaning": MEANING, "signs": SIGNS[:1], "kinds": KINDS},
        first_month="2023-01",
    )
    everybody = ("owes", "ported", "asked", "says_so", "later", "stays")
    put(run, "cohort", "2024-03", [{"customer_id": c} for c in everybody])
    bill(run, "2024-04", *everybody)
    bill(run, "2024-05", "stays")
    owes = {"arrears_cny": 10, "overdue_days": 5}
    put(
        run,
        "month_billing",
        "2024-02",
        [{"customer_id": c, **owes} for c in ("owes", "stays")],
    )
    put(run, "month_billing", "2024-06", [{"customer_id": "later", **owes}])
    put(
        run,
        "month_porting",
        "2024-01",
        [{"customer_id": c, "port_request_count": 1} for c in ("owes", "ported")],
    )
    put(
        run,
        "month_porting",
        "2024-04",
        [{"customer_id": "asked", "port_request_count": 1}],
    )
    put(
        run,
        "month_usage",
        "2024-05",
        [{"customer_id": "ported", "competitor_hotline_count": 1}],
    )
    put(
        run,
        "month_care",
        "2024-03",
        [{"customer_id": "says_so", "leaving_answer_count": 1}],
    )
    assert {c: row["kind"] for c, row in labelled(run).items()} == {
        "owes": "forced", "ported": "competitor", "asked": "unknown", "says_so": "voluntary", "later": "unknown",
        "stays": None,
    }  # fmt: skip


def _holiday(run: MonthRun, drop: float) -> None:
    """A hundred customers call 60 to 159 minutes a month; in April and May everybody calls less by the same share."""
    minutes = {f"c{number:03d}": 60 + number for number in range(100)}
    put(run, "cohort", "2024-03", [{"customer_id": c} for c in minutes])
    for month in ("2024-01", "2024-02", "2024-03", "2024-04", "2024-05"):
        left = 1 - drop if month > "2024-03" else 1
        put(
            run, "month_usage", month,
            [{"customer_id": c, "voice_out_min": m * left, "voice_in_min": 0} for c, m in minutes.items()],
        )  # fmt: skip


@pytest.mark.parametrize("given", [{"share": 0.6}, {"quantile": 0.02}])
def test_a_dip_of_half_for_everybody_flags_nobody(
    tmp_path: Path, given: dict[str, float]
) -> None:
    """C5: the market's movement is taken out. Control: the naive share flags every customer."""
    for market, left in (("cohort", 0), ("none", 100)):
        sign = {"event": "usage_below_past", "given": {**given, "market": market}}
        run = lake(tmp_path / market, {"meaning": MEANING, "signs": [sign]})
        _holiday(run, drop=0.5)
        assert sum(row["left_early"] for row in labelled(run).values()) == left
        run.close()


def test_one_who_falls_while_everybody_dips_is_found(tmp_path: Path) -> None:
    """Reach: with the market taken out, the customer whose calls fall by four fifths is still seen, and nobody else."""
    sign = {"event": "usage_below_past", "given": {"share": 0.6}}
    run = lake(tmp_path, {"meaning": MEANING, "signs": [sign]})
    _holiday(run, drop=0.5)
    may = rows(run, "month_usage", "2024-05")
    put(
        run,
        "month_usage",
        "2024-05",
        [
            {**row, "voice_out_min": 12} if row["customer_id"] == "c000" else row
            for row in may
        ],
    )
    found = labelled(run)
    assert {c for c, row in found.items() if row["churned"]} == {"c000"}


@pytest.mark.parametrize("old", ["inactive_any_month", "inactive_whole_window"])
@pytest.mark.parametrize("lengths", [(1, 1), (0, 1), (1, 2), (2, 2)], ids=str)
def test_labels_are_what_they_were_before_definitions(
    tmp_path: Path, old: str, lengths: tuple[int, int]
) -> None:
    """The SQL of the first release, kept beside this test, gives the same three columns for everybody."""
    name = {
        "inactive_any_month": "not_billed",
        "inactive_whole_window": "no_activity_in_window",
    }[old]
    run = lake(
        tmp_path, name, windows=dict(zip(("delay", "predict"), lengths, strict=True))
    )
    chance = random.Random(7)
    everybody = [f"c{number:03d}" for number in range(300)]
    put(run, "cohort", "2024-03", [{"customer_id": c} for c in everybody])
    for number in range(8):
        month = str(Month.parse("2024-01") + number)
        active = [
            {"customer_id": c, "is_active": chance.random() < 0.9}
            for c in everybody
            if chance.random() < 0.7
        ]
        put(run, "month_activity", month, active)
        moved = [
            {"customer_id": c, "successor_id": "new" if chance.random() < 0.3 else None}
            for c in everybody
        ]
        put(run, "customer_line", month, moved)
    new = {
        c: [row[n] for n in ("churned", "left_early", "rotated")]
        for c, row in labelled(run).items()
    }
    run.engine.views("cohort", "month_activity", "customer_line")
    sql = (OLD / f"{old}.sql").read_text(encoding="utf-8")
    known = {
        name: day for name, day in run.window.parameters().items() if f"${name}" in sql
    }
    before = {
        row.pop("customer_id"): list(row.values())
        for row in run.engine.records(sql, known)
    }
    run.close()
    assert new == before and len(new) == 300
    possible = 3 + (
        old == "inactive_any_month" and lengths[0] > 0
    )  # stayed, churned, rotated, left in the delay
    assert len({tuple(row) for row in before.values()}) == possible, (
        "the lake must hold all that there can be"
    )


@pytest.fixture(scope="module")
def summed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """January to July of a random operator with every table, summed up; March has a cohort."""
    run = small_run(tmp_path_factory.mktemp("summed"), "2024-05", raw=raw_tables())
    months = [Month.parse("2024-01") + number for number in range(7)]
    fill(run, months)
    for month in months:
        run_on("summarise", another_month(run, str(month)))
    make(run, run.registry.queries["cohort"][0], "2024-03")
    yield run
    run.close()


def by_definition(summed: MonthRun, tmp_path: Path, definition: object) -> MonthRun:
    """The same lake, copied, of a profile that has adopted another definition."""
    settings = load_settings(
        str(summed.settings.profile_dir),
        state_dir=tmp_path / "state",
        definition=definition,
    )
    shutil.copytree(summed.lake.root, settings.lake_dir)
    return MonthRun(settings, summed.month)


def test_the_step_needs_every_month_that_the_definition_reads(
    summed: MonthRun, tmp_path: Path
) -> None:
    """A definition that looks at use waits for month_usage, and labels once it is there."""
    sign = {"event": "usage_below_past", "given": {"share": 0.5}}
    run = by_definition(summed, tmp_path, {"meaning": MEANING, "signs": [sign]})
    report = run_on("labels", run)
    assert report.rows["label"] == len(rows(run, "cohort", "2024-03")) > 20
    run.lake.remove("month_usage", Month.parse("2024-02"))
    with pytest.raises(
        NotReady,
        match=r"2024-05 needs month_usage of 2024-02. Run first: churn step summarise",
    ):
        run_on("labels", run)
    run.close()


@pytest.mark.parametrize(
    "name",
    [
        "several_signs",
        "by_tier",
        "cancelled_or_ported",
        "silent_30_days",
        "value_negative",
    ],
)
def test_a_label_sees_nothing_from_predict_end_on(
    summed: MonthRun, tmp_path: Path, name: str
) -> None:
    """Truncation: a label stays byte-identical when later months are deleted. Control: a change of the past is seen."""
    run = by_definition(summed, tmp_path, name)
    run_on("labels", run)
    march, before = (
        Month.parse("2024-03"),
        run.lake.sha256("label", Month.parse("2024-03")),
    )
    tables = [query.output.table for query in run.registry.queries["month"]]
    for table in tables:
        for month in ("2024-06", "2024-07"):
            assert run.lake.has(table, Month.parse(month))
            run.lake.remove(table, Month.parse(month))
    run_on("labels", run)
    assert run.lake.sha256("label", march) == before
    for table in tables:
        put(run, table, "2024-05", [])
        put(run, table, "2024-04", [])
    put(
        run,
        "month_porting",
        "2024-05",
        [{"customer_id": "c05", "port_request_count": 1}],
    )
    put(
        run,
        "month_usage",
        "2024-05",
        [{"customer_id": "c05", "competitor_hotline_count": 1}],
    )
    if name == "value_negative":
        put(
            run,
            "month_billing",
            "2024-05",
            [{"customer_id": c, "arrears_cny": 9_000_000} for c in CUSTOMERS],
        )
        put(
            run,
            "month_activity",
            "2024-05",
            [
                {"customer_id": c, "is_active": True, "revenue_cny": 1}
                for c in CUSTOMERS
            ],
        )
    run_on("labels", run)
    changed = run.lake.sha256("label", march) != before
    run.close()
    assert changed


def test_a_label_that_waits_sees_the_month_it_waits_for_and_no_later_one(
    summed: MonthRun, tmp_path: Path
) -> None:
    """Truncation at label_known. Controls: June's bills and June's master are each seen."""
    may = by_definition(summed, tmp_path, "last_billed")
    march = Month.parse("2024-03")
    assert run_on("labels", may).outcome == "skipped", "June tells, and May knows not"
    run = another_month(may, "2024-06")
    run_on("labels", run)
    before = run.lake.sha256("label", march)
    for query in run.registry.queries["month"]:
        run.lake.remove(query.output.table, Month.parse("2024-07"))
    run_on("labels", run)
    assert run.lake.sha256("label", march) == before
    kept = {
        table: rows(run, table, "2024-06")
        for table in ("month_activity", "month_profile")
    }
    for table, content in kept.items():
        changed = [{**row, **NOT_THERE[table]} for row in content]
        put(run, table, "2024-06", changed)
        run_on("labels", run)
        assert run.lake.sha256("label", march) != before, table
        put(run, table, "2024-06", content)
    run.close()


def test_a_definition_is_found_by_name_and_fields_of_it_replaced(
    tmp_path: Path,
) -> None:
    profile = small_profile(
        tmp_path, ["bill"], definition={"name": "silent_90_days", "rotation_days": 0}
    )
    settings = load_settings(str(profile), state_dir=tmp_path)
    assert (settings.definition.name, settings.definition.rotation_days) == (
        "silent_90_days",
        0,
    )
    assert settings.windows.predict == 2, "the definition brings its own window"
    assert (
        yaml.safe_load((profile / "settings.yaml").read_text())["definition"][
            "rotation_days"
        ]
        == 0
    )
