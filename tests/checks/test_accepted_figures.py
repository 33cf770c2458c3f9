"""A figure that would stop a month and is right: accepted by a person, shown, and no rule for later months."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from churn_tasks.by_hand import acceptances
from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.exceptions import refuse_unknown, with_stated
from churn_tasks.checks.gate import judge, stop_on_failures
from churn_tasks.checks.measures import (
    IN_POPULATION,
    Measure,
    Suite,
    cohort_suite,
    list_suite,
)
from churn_tasks.checks.relations import RELATIONS
from churn_tasks.core.acceptance import Acceptance
from churn_tasks.core.errors import BadInput, CheckFailed, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from tests.checks.test_check_raw import (
    JULY,
    JUNE,
    accepted,
    bill,
    checked,
    copied,
    results,
)
from tests.lakes import rows
from tests.warehouse.warehouses import new_url

__all__ = ["accepted"]  # a fixture

TICKETS = Measure(
    "rows", "", "Tickets.", lowest=10, highest=200, usual_lowest=50, usual_highest=150
)
OUTAGE = Acceptance("complaint.rows", 660.0, "Li", "the outage of 3 March")


def site(folder: Path) -> Site:
    return Site(folder, "2025-03", "raw")


def judged(folder: Path, tickets: float, *acceptances: Acceptance):
    suite = Suite("raw_complaint", [TICKETS])
    figures = {"raw_complaint.rows": tickets}
    return judge([suite], figures, site(folder), lambda: acceptances)


def test_an_accepted_figure_does_not_stop_and_says_who_and_why(tmp_path: Path) -> None:
    verdict = judged(tmp_path, 660, OUTAGE)
    stop_on_failures(verdict, site(tmp_path))
    assert verdict.facts() == {
        "evaluated": 2,
        "failed": 0,
        "warned": 0,
        "accepted": "complaint.rows",
    }
    page = (tmp_path / "2025-03" / "raw" / "index.html").read_text(encoding="utf-8")
    assert "Li" in page and "the outage of 3 March" in page
    months = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "accepted by a person" in months


@pytest.mark.parametrize(
    ("tickets", "acceptance"),
    [
        (660, Acceptance("complaint.volume_ratio", 660.0, "Li", "another measure")),
        (6_600, OUTAGE),  # ten times what was accepted
        (300, OUTAGE),  # nor less: that is another delivery
        (0, Acceptance("complaint.rows", 660.0, "Li", "an empty one came since")),
    ],
)
def test_another_figure_than_the_accepted_one_stops(
    tmp_path: Path, tickets: float, acceptance: Acceptance
) -> None:
    """Negative control: an acceptance by the name of the measure alone would let the first delivery after it pass."""
    verdict = judged(tmp_path, tickets, acceptance)
    with pytest.raises(CheckFailed, match=r"raw_complaint\.rows"):
        stop_on_failures(verdict, site(tmp_path))


def test_what_is_no_stop_is_not_asked_about(tmp_path: Path) -> None:
    """Nobody connects to the warehouse for a month that passes."""

    def ask() -> tuple[Acceptance, ...]:
        raise AssertionError("asked")

    suite = Suite("raw_complaint", [TICKETS])
    calm = judge([suite], {"raw_complaint.rows": 160}, site(tmp_path), ask)
    assert (len(calm.warnings), calm.failures) == (1, ())
    with pytest.raises(AssertionError, match="asked"):
        judge([suite], {"raw_complaint.rows": 660}, site(tmp_path), ask)


@pytest.mark.parametrize("measure", ["clear_numbers", "rank_gaps", "repeated"])
def test_what_means_that_a_list_is_broken_is_never_accepted(
    tmp_path: Path, measure: str
) -> None:
    registry = load_registry(load_settings("telecom"))
    suite = list_suite(registry.tables["out_warning_list"], 5)
    assert measure in {each.name for each in suite.measures}
    figures = dict.fromkeys(suite.figure_names, 0.5)
    said = Acceptance(f"out_warning_list.{measure}", 0.5, "Li", "it is all right")
    verdict = judge([suite], figures, Site(tmp_path, "2025-03", "list"), lambda: [said])
    assert measure in {failure.measure for failure in verdict.failures}
    with pytest.raises(CheckFailed) as stopped:
        stop_on_failures(verdict, site(tmp_path))
    assert "churn quality accept" not in str(stopped.value)


def test_a_stop_names_the_command_and_the_setting_that_let_it_pass(
    tmp_path: Path,
) -> None:
    """What it prints is put into the settings, word for word, and the month passes."""
    verdict = judged(tmp_path, 660.25)
    with pytest.raises(CheckFailed) as stopped:
        stop_on_failures(verdict, site(tmp_path))
    said = str(stopped.value)
    assert "churn quality accept --month 2025-03 --measure complaint.rows " in said
    assert "      - {measures: complaint.rows, allowed: [10, 660.25]}" in said
    quality = Quality.model_validate(
        {"exceptions": [{"measures": "complaint.rows", "allowed": [10, 660.25]}]}
    )
    suite = with_stated(Suite("raw_complaint", [TICKETS]), quality)
    passed = judge([suite], {"raw_complaint.rows": 660.25}, site(tmp_path))
    assert (passed.failures, len(passed.warnings)) == ((), 1)


@pytest.mark.parametrize(("rows", "before"), [(110, 17), (100, 3), (1, 3), (2, 7)])
def test_the_printed_bound_is_never_rounded_below_its_value(
    tmp_path: Path, rows: int, before: int
) -> None:
    """110 after 17 rows are 6.470588235294118 times: cut to fewer digits the printed bound would stop them again."""
    ratio = rows / before
    measure = Measure("volume_ratio", "", "Ratio.", lowest=0.9, highest=1.1)
    suite = Suite("raw_complaint", [measure])
    figures = {"raw_complaint.volume_ratio": ratio}
    verdict = judge([suite], figures, site(tmp_path))
    (failure,) = verdict.failures
    printed = yaml.safe_load(failure.widened)
    quality = Quality.model_validate(
        {"exceptions": [{"measures": "complaint.volume_ratio", "allowed": printed}]}
    )
    again = judge([with_stated(suite, quality)], figures, site(tmp_path))
    assert again.failures == ()


def test_the_population_may_grow_by_a_setting_of_its_own() -> None:
    """A takeover: two and a half times the customers."""
    (_, _, ratio) = cohort_suite(
        1_000, Quality(population=(0.5, 3.0)).population
    ).measures
    assert (ratio.lowest, ratio.highest) == (0.5, 3.0)
    stated = Quality.model_validate(
        {"exceptions": [{"measures": "cohort.size_ratio", "allowed": [0.9, None]}]}
    )
    (rows_of, _, ratio) = with_stated(cohort_suite(1_000, (0.5, 2.0)), stated).measures
    assert (ratio.lowest, ratio.highest) == (0.9, None)
    assert rows_of == IN_POPULATION


@pytest.mark.parametrize(
    ("field", "pattern", "said"),
    [
        ("exceptions", "raw_complaint.rows", "Write 'complaint.rows'"),
        ("exceptions", "complaint.row", "no measure is called 'complaint.row'"),
        ("exceptions", "complaints.rows", "no measure is called"),
        ("exceptions", "bill.amount.mean", "no measure is called"),
        ("exceptions", "relation.gone", "no measure is called"),
        ("ignore", "offer.campaign_id.distincts", "quality.ignore"),
    ],
)
def test_a_pattern_without_effect_is_an_error(
    field: str, pattern: str, said: str
) -> None:
    entry = pattern if field == "ignore" else {"measures": pattern}
    quality = Quality.model_validate({field: [entry]})
    with pytest.raises(SettingsError, match=said):
        refuse_unknown(quality, telecom_tables())


@pytest.mark.parametrize(
    "pattern",
    [
        "complaint.rows",
        "complaint.volume_ratio",
        "bill.amount_cny.mean",
        "cdr.*.mean",
        "*.null_share",
        "survey.*",
        "bill.any_missing_share",
        "bill.amount_absurd_share",
        "cohort.size_ratio",
        *(f"relation.{name}" for name in RELATIONS),
    ],
)
def test_patterns_that_fit_are_taken(pattern: str) -> None:
    """Negative control of the test before."""
    refuse_unknown(
        Quality.model_validate({"exceptions": [{"measures": pattern}]}),
        telecom_tables(),
    )


def telecom_tables():
    return load_registry(load_settings("telecom")).raw.values()


@pytest.mark.parametrize(
    "wrong",
    [
        {"measures": "bill.rows", "allowed": [9, 1]},
        {"measures": "bill.rows", "allowed": [1, 9], "stop": {"relative": 2}},
        {"measures": "bill.rows", "allowed": [1]},
    ],
)
def test_allowed_is_two_ends_and_nothing_beside(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="allowed"):
        Quality.model_validate({"exceptions": [wrong]})


@pytest.fixture
def june(accepted: Path, tmp_path: Path, postgres: Cluster) -> Iterator[MonthRun]:
    """June of the lake in which five months were accepted, with a warehouse."""
    for run in copied(accepted, tmp_path, JUNE):
        environment = {"warehouse_url": new_url(postgres)}
        settings = load_settings(
            str(tmp_path / "profile"), state_dir=tmp_path / "state", **environment
        )
        own = MonthRun(settings, run.month)
        yield own
        own.close()


def test_an_accepted_month_goes_on_and_teaches_nothing(june: MonthRun) -> None:
    """Seven times the bills of a month; the month after is held against the months before it, and passes."""
    with pytest.raises(CheckFailed, match=r"raw_bill\.volume_ratio"):
        checked(june, bill=outage_bills())
    stopped = {each.measure for each in acceptances.stopping(june.settings, JUNE)}
    assert {"bill.rows", "bill.volume_ratio"} <= stopped
    for measure in stopped:
        acceptances.accept(june.settings, JUNE, measure, "Li", "billed by the week")
    report = checked(june, bill=outage_bills())
    assert set(str(report.facts["accepted"]).split(", ")) == stopped
    assert {"bill.rows", "bill.volume_ratio"} <= results(june, "accepted")
    assert rows(june, "profile_accepted", str(JUNE)) != []
    july = MonthRun(june.settings, JULY)
    assert checked(july).facts == {
        "evaluated": july_evaluated(july),
        "failed": 0,
        "warned": 0,
    }
    july.close()


def outage_bills() -> str:
    """Every bill of June seven times under numbers of its own."""
    return f"(SELECT * EXCLUDE (n) REPLACE (bill_id || '-' || n AS bill_id) FROM {bill(JUNE)}, range(7) AS r(n))"


def july_evaluated(july: MonthRun) -> int:
    """Bounds on each side of the verdicts that July has."""
    lines = rows(july, "check_result", str(JULY))
    volume = [line for line in lines if line["measure"] == "volume_ratio"]
    assert {line["table_name"] for line in volume} == {"customer"}, (
        "July's bills are not held against June's"
    )
    stops = [x for x in lines if (x["allowed_low"], x["allowed_high"]) != (None, None)]
    warns = [x for x in lines if (x["usual_low"], x["usual_high"]) != (None, None)]
    return len(stops) + len(warns)


def test_taken_back_the_month_stops_again(june: MonthRun) -> None:
    with pytest.raises(CheckFailed):
        checked(june, bill=outage_bills())
    for found in acceptances.stopping(june.settings, JUNE):
        acceptances.accept(june.settings, JUNE, found.measure, "Li", "billed weekly")
    checked(june, bill=outage_bills())
    acceptances.take_back(
        june.settings, JUNE, "raw_bill.rows", "Wang", "billing was wrong"
    )
    with pytest.raises(CheckFailed, match=r"raw_bill\.rows is"):
        checked(june, bill=outage_bills())


@pytest.mark.parametrize(
    ("measure", "by", "why", "said"),
    [
        ("bill.amount_cny.mean", "Li", "right", "did not stop the month.*bill.rows"),
        ("bill.rows", " ", "right", "give --by"),
        ("bill.rows", "Li", "", "give --by"),
    ],
)
def test_only_what_stopped_is_accepted_by_somebody_for_a_reason(
    june: MonthRun, measure: str, by: str, why: str, said: str
) -> None:
    with pytest.raises(CheckFailed):
        checked(june, bill=outage_bills())
    with pytest.raises(BadInput, match=said):
        acceptances.accept(june.settings, JUNE, measure, by, why)
    with pytest.raises(BadInput, match="was not accepted; in force: none"):
        acceptances.take_back(june.settings, JUNE, "bill.rows", "Li", "a slip")


def test_a_month_that_was_never_checked_has_nothing_to_accept(june: MonthRun) -> None:
    with pytest.raises(BadInput, match="figures that did: none"):
        acceptances.accept(june.settings, Month(2024, 9), "bill.rows", "Li", "right")
