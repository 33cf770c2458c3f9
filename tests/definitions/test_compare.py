"""`churn definitions`: several definitions over a history, beside the lake and not in it; all without Python."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn_tasks.by_hand.definitions import adopting, compare, usable
from churn_tasks.cli import app
from churn_tasks.cli.definition_screens import definition_screen
from churn_tasks.core.definition_files import load_definition
from churn_tasks.core.errors import NotReady, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE, load_settings
from churn_tasks.declared.labels.query import sign_events, signs_without_a_day
from churn_tasks.declared.registry import load_registry
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import put, raw_tables, rows, small_profile, small_run

MONTHS = [str(Month.parse("2024-01") + number) for number in range(8)]
CUSTOMERS = [f"c{number:03d}" for number in range(100)]
LEAVES = {
    "c000": "2024-05",
    "c001": "2024-05",
    "c002": "2024-05",
    "c003": "2024-06",
    "c004": "2024-04",
}
PAUSES = {"c010": "2024-05"}  # back in June
OWN_EVENT = """table: event_low_revenue
key: [customer_id]
meaning: {en: Revenue of a month below a sum, zh: 当月收入低于某一金额}
params: [predict_end]
reads: [month_activity]
parameters:
  - {name: below_cny, type: number, unit: CNY, lowest: 0, default: 10, en: Sum below which it counts, zh: 金额上限}
columns:
  - {name: customer_id, type: text, en: Subscriber, zh: 用户编号}
  - {name: event_date, type: date, en: First month in which it struck, zh: 首次发生的月份}
"""
OWN_EVENT_SQL = """-- The first month with less revenue than that.
SELECT customer_id, min(month) AS event_date
FROM month_activity
WHERE month >= $since AND month < $predict_end AND revenue_cny < $below_cny
GROUP BY customer_id
"""
OWN_DEFINITION = """meaning: {en: Pays less than 40 yuan, zh: 月消费低于 40 元}
signs:
  - {event: low_revenue, given: {below_cny: 40}}
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """A hundred customers, billed every month until they leave; scores of March, April and May.

    Of March (delay April, predict May): c000 to c002 leave in May, c004 in April, c010 pauses in May. Their scores are
    0.9, 0.8, 0.1, 0.7 and 0.6; three others who stay have 0.85, 0.75 and 0.65, everybody else less.
    """
    folder = tmp_path_factory.mktemp("history")
    profile = small_profile(folder, ["bill"], definition="not_billed")
    event = profile / "sql" / "events" / "low_revenue"
    event.mkdir(parents=True)
    (event / "query.yaml").write_text(OWN_EVENT, encoding="utf-8")
    (event / "query.sql").write_text(OWN_EVENT_SQL, encoding="utf-8")
    (profile / "definitions").mkdir()
    (profile / "definitions" / "pays_less.yaml").write_text(
        OWN_DEFINITION, encoding="utf-8"
    )
    run = small_run(folder, "2024-08", profile=profile)
    for month in MONTHS:
        billed = [
            c
            for c in CUSTOMERS
            if LEAVES.get(c, "9999") > month and PAUSES.get(c) != month
        ]
        paid = {c: 30 if c == "c020" and month >= "2024-05" else 50 for c in billed}
        put(
            run,
            "month_activity",
            month,
            [
                {"customer_id": c, "is_active": True, "revenue_cny": paid[c]}
                for c in billed
            ],
        )
    special = {
        "c000": 0.9,
        "c001": 0.8,
        "c002": 0.1,
        "c004": 0.7,
        "c010": 0.6,
        "c050": 0.85,
        "c051": 0.75,
        "c052": 0.65,
    }
    pinned = {"model_name": "m", "model_version": 1, "feature_set": "f"}
    for month in ("2024-03", "2024-04"):
        scored = [
            {
                "customer_id": c,
                "churn_score": special.get(c, 0.3 - number / 1000),
                **pinned,
            }
            for number, c in enumerate(CUSTOMERS)
        ]
        put(run, "score_churn", month, scored)
    yield run
    run.close()


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_figures_are_those_counted_by_hand(history: MonthRun) -> None:
    """March under C1: 100 asked, c000, c001, c002 and c010 leave in May, c004 in the delay.

    At 3 % false alarms of 95 who stay 2 may be alarmed: the threshold lies at their third score, 0.65, and c000 (0.9)
    and c001 (0.8) lie above it, c010 (0.6) and c002 (0.1) do not: 2 of 4.
    """
    figures = compare(
        history.settings, ["not_billed", "no_activity_in_window", "pays_less"], 0.03
    )
    billed = figures["definitions"]["not_billed"]
    assert billed["months"][0] == {
        "month": "2024-03",
        "customers": 100,
        "churned": 4,
        "left_early": 1,
        "rotated": 0,
    }
    assert [row["month"] for row in billed["months"]] == [
        "2024-03",
        "2024-04",
        "2024-05",
        "2024-06",
    ]
    # of April's score the threshold is the same; c003 (June) scores 0.297 and c000 to c002 and c010 left in its delay
    assert billed["recall"]["churners"] == 5 and billed["recall"]["caught"] == 2
    assert billed["recall"]["recall"] == pytest.approx(0.4)
    assert billed["kinds"] == {
        "unknown": sum(row["churned"] for row in billed["months"])
    }
    less = figures["definitions"]["pays_less"]
    assert less["months"][0]["churned"] == 1, "c020 pays 30 from May on"
    assert figures["overlap"]["not_billed"]["pays_less"] == 0
    assert figures["overlap"]["no_activity_in_window"]["not_billed"] == 1


def test_the_lake_is_not_touched(history: MonthRun) -> None:
    before = digests(history.settings.environment.state_dir)
    compare(history.settings, ["not_billed", "pays_less"], 0.03)
    assert digests(history.settings.environment.state_dir) == before and before


def test_a_window_of_its_own_counts_its_own_months(history: MonthRun) -> None:
    """Two predicted months leave one month less to label, and take in who leaves in the second."""
    (history.settings.profile_dir / "definitions" / "two_months.yaml").write_text(
        "meaning: {en: Not billed in two months, zh: 两个月内未出账}\n"
        "windows: {predict: 2}\nsigns: [{event: inactive_month}]\n",
        encoding="utf-8",
    )
    figures = compare(history.settings, ["not_billed", "two_months"], 0.03)[
        "definitions"
    ]
    assert [row["month"] for row in figures["two_months"]["months"]] == [
        "2024-03",
        "2024-04",
        "2024-05",
    ]
    assert figures["two_months"]["months"][0]["churned"] == 5


def test_both_ways_of_counting_bills_stand_side_by_side(history: MonthRun) -> None:
    """March: c000 to c002 have no bill for May, so they left in April; c003 has none for June, so he left in May.

    c004 was billed last in March, and c010 pauses: the old way counts him, the new one sees him come back. Who waits
    for June's bills labels one month less of the same history.
    """
    figures = compare(history.settings, ["last_billed", "not_billed"], 0.03)
    days = figures["definitions"]["last_billed"]["months"]
    old = figures["definitions"]["not_billed"]["months"]
    assert (days[0]["churned"], days[0]["left_early"]) == (1, 4)
    assert (old[0]["churned"], old[0]["left_early"]) == (4, 1)
    assert [row["month"] for row in days] == ["2024-03", "2024-04", "2024-05"]
    assert [row["month"] for row in old] == [*(row["month"] for row in days), "2024-06"]


def test_which_day_a_definition_dates_by_is_told(history: MonthRun) -> None:
    by_day = adopting(history.settings, "last_billed")
    assert signs_without_a_day(by_day) == []
    assert signs_without_a_day(history.settings) == ["not_billed"]
    shown = definition_screen(
        by_day.definition, by_day.windows.model_dump(), sign_events(by_day)
    )
    cells = "\n".join(str(cell) for column in shown.columns for cell in column.cells)
    assert "day of last_billed 日期" in cells and "最后活跃月份的末日" in cells


def test_the_command_prints_tables_and_writes_picture_and_figures(
    history: MonthRun, tmp_path: Path
) -> None:
    profile = str(history.settings.profile_dir)
    environment = {"CHURN_STATE_DIR": str(history.settings.environment.state_dir)}
    asked = [
        "definitions",
        "compare",
        "not_billed",
        "pays_less",
        "--profile",
        profile,
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(app, asked, env=environment, catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / "out" / "compare.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    figures = json.loads(
        (tmp_path / "out" / "compare.json").read_text(encoding="utf-8")
    )
    assert (
        figures["adopted"] == "not_billed"
        and figures["definitions"]["not_billed"]["recall"]["caught"] == 2
    )
    lines = (tmp_path / "out" / "compare.csv").read_text(encoding="utf-8").splitlines()
    assert (
        lines[0] == "definition,month,customers,churned,left_early,rotated"
        and len(lines) == 9
    )


def test_list_and_show(history: MonthRun) -> None:
    environment = {
        "CHURN_STATE_DIR": str(history.settings.environment.state_dir),
        "COLUMNS": "200",
    }
    profile = ["--profile", str(history.settings.profile_dir)]
    listed = (
        CliRunner()
        .invoke(app, ["definitions", "list", *profile], env=environment)
        .output
    )
    assert "not_billed *" in listed and "pays_less" in listed
    shown = (
        CliRunner()
        .invoke(
            app,
            ["definitions", "show", "pays_less", "--sql", *profile],
            env=environment,
        )
        .output
    )
    assert "revenue_cny < CAST(40.0 AS DOUBLE)" in shown and "$predict_end" in shown
    assert "low_revenue (below_cny 40)" in CliRunner().invoke(
        app, ["definitions", "show", "pays_less", *profile], env=environment
    ).output  # fmt: skip


def test_a_definition_and_an_event_in_the_profiles_folder_are_adopted_without_python(
    history: MonthRun,
) -> None:
    settings = load_settings(
        str(history.settings.profile_dir),
        state_dir=history.settings.environment.state_dir,
        definition="pays_less",
    )
    run = MonthRun(settings, Month.parse("2024-03"))
    run.make(run.registry.queries["cohort"][0], run.month)
    run.make(run.registry.queries["labels"][0], run.month)
    assert [row["customer_id"] for row in rows(run, "label") if row["churned"]] == [
        "c020"
    ]
    run.lake.remove("cohort", run.month)
    run.lake.remove("label", run.month)
    run.close()


def test_a_definition_that_the_sources_cannot_carry_says_what_is_missing(
    history: MonthRun,
) -> None:
    able, unable = usable(history.settings)
    assert {"not_billed", "no_activity_in_window", "spend_down", "pays_less"} <= set(
        able
    )
    assert "event silent_days needs month_usage" in unable["silent_90_days"]


def test_every_shipped_definition_is_usable_where_all_sources_are(
    tmp_path: Path,
) -> None:
    able, unable = usable(small_run(tmp_path, "2024-03", raw=raw_tables()).settings)
    assert not unable and len(able) == 12


@pytest.mark.parametrize("profile", ["telecom", "retail", "telecom_wide"])
def test_the_shipped_profiles_adopt_a_definition(profile: str) -> None:
    load_registry(load_settings(profile))


TIER = {"name": "a", "meaning": {"en": "a", "zh": "甲"}, "when": "true"}
WRONG = [
    ("no_such", "there is no definitions/no_such.yaml; there are by_tier, cancelled_or_ported"),
    ({"signs": [{"event": "port_requested"}]}, r"definition\.meaning: Field required"),
    ({"meanin": 1}, r"definition\.meanin: there is no such field; there are name, meaning"),
    ({"population": "everybody"}, "everybody is not there; there are active_any_month, active_every_month"),
    ({"kinds": "telecoms"}, "there is no definitions/kinds/telecoms.yaml; there are telecom"),
    ({"at_least": 2}, "at_least is 2; allowed are any, all, or 1 to 1"),
    ({"tiers": [{**TIER, "when": "arpu > 3"}]}, "nothing is known at as_of by the name arpu; there are"),
    ({"tiers": [{**TIER, "when": "arpu_cny > (SELECT 3)"}]}, "not use Select"),
    ({"tiers": [{**TIER, "when": "region_code"}]}, r"tier a: .*is neither true nor false.*region_code \(text\)"),
    ({"tiers": [{**TIER, "when": "arpu_cny"}]}, "arpu_cny is neither true nor false.* Allowed are comparisons"),
    ({"tiers": [{**TIER, "when": "has_left OR (arpu_cny)"}]}, r"\(arpu_cny\) is neither"),
    ({"tiers": [{**TIER, "when": "NOT tenure_months"}]}, "tenure_months is neither"),
    ({"tiers": [{**TIER, "when": "arpu_cny IS TRUE"}]}, "arpu_cny is neither"),
    ({"tiers": [{**TIER, "when": "coalesce(has_left, 1)"}]}, "neither true nor false"),
    ({"tiers": [{**TIER, "when": "NULL"}]}, "NULL is neither"),
    ({"tiers": [{**TIER, "when": "arpu_cny > 3 -- the good ones"}]}, "tier a: when holds a comment"),
    ({"tiers": [{**TIER, "when": "arpu_cny /* a month */ > 3"}]}, "tier a: when holds a comment"),
    ({"tiers": [{**TIER, "when": "region_code >= 120"}]}, r"tier a: .*VARCHAR.*Here: region_code \(text\)"),
    ({"tiers": [{**TIER, "when": "region_code IN (571, 574)"}]}, r"tier a: .*convert.*Here: region_code \(text\)"),
    ({"tiers": [{**TIER, "when": "arpu_cny > '5O'"}]}, r"tier a: .*'5O'.*Here: arpu_cny \(double\)"),
    ({"tiers": [{**TIER, "when": "has_left OR arpu_cny BETWEEN 1 AND 'ten'"}]}, "tier a: .*'ten'"),
    ({"tiers": [{**TIER, "when": "closed_date >= '2024-13-01'"}]}, "tier a: .*2024-13-01"),
    ({"tiers": [{**TIER, "when": "arpu_cny > 3; SELECT true"}]}, "tier a: "),
    ({"tiers": [{**TIER, "signs": ["x"]}]}, "signs that the definition has not: x"),
    ({"kinds": [{"kind": "forced", "evidence": [{"event": "in_arears"}]}]}, "no event 'in_arears'; there are"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "message"), WRONG)
def test_a_wrong_definition_is_refused_with_what_is_allowed(
    tmp_path: Path, definition: object, message: str
) -> None:
    profile = small_profile(tmp_path, ["bill", "customer"], definition=definition)
    with pytest.raises(SettingsError, match=message):
        load_registry(load_settings(str(profile), state_dir=tmp_path))


@pytest.mark.parametrize(
    "when",
    [
        "has_left",
        "NOT (has_left) AND arpu_cny / 2 >= 60",
        "region_code IN ('571', '574') OR key_account_class IS NOT NULL",
        "coalesce(has_left, FALSE) IS NOT TRUE",
        "closed_date >= '2024-03-01' OR tenure_months BETWEEN 3 AND 12",
        "plan_code = '-- none /*' OR arpu_cny > -3.5",
        "TRUE",
    ],
)
def test_a_condition_that_can_be_judged_is_taken(tmp_path: Path, when: str) -> None:
    tiers = [{**TIER, "when": when}]
    profile = small_profile(tmp_path, ["bill", "customer"], definition={"tiers": tiers})
    load_registry(load_settings(str(profile), state_dir=tmp_path))


def test_a_lake_too_short_to_label_says_so(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-01", raw=["bill"])
    put(
        run,
        "month_activity",
        "2024-01",
        [{"customer_id": "a", "is_active": True, "revenue_cny": 1}],
    )
    run.close()
    with pytest.raises(NotReady, match="no month can be labelled yet"):
        compare(run.settings, ["not_billed"], 0.03)


def test_shipped_definitions_speak_both_languages() -> None:
    for file in sorted((INCLUDE / "definitions").glob("*.yaml")):
        meaning = load_definition(file.stem, [INCLUDE]).meaning
        assert meaning.en.isascii() and not meaning.zh.isascii()
