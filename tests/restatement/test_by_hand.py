"""A month restated by hand, and late rows that no check lets through."""

import datetime as dt
import shutil

import pytest
from typer.testing import CliRunner

from churn_tasks.adapters.lake import Lake
from churn_tasks.cli import app
from churn_tasks.core.errors import BadInput, CheckFailed, NotReady
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.restate import restate
from tests.restatement.conftest import Road, digests, run_month, trace
from tests.restatement.late_bills import AUGUST, JULY, LAST, read_bills, write_bills

BY_HAND = dt.date(2024, 9, 7)  # the day after August's known_until
CORRECTED = "C0007"
SHOWN = {"raw_bill", "delivery", "profile", "check_result", "profile_accepted", "clean_bill", "month_activity",
         "month_billing", "feat_spend"}  # fmt: skip


def _correct(road: Road, *, is_corrected: bool = True) -> None:
    """The bill of one customer in July changes where it lies, and its known date does not; or changes back."""
    shutil.copy(road.original / f"bills_{JULY}.csv", road.data)
    if is_corrected:
        bills = read_bills(road.data, JULY)
        write_bills(
            road.data,
            JULY,
            [
                (a, amount / 2 if a == CORRECTED else amount, known)
                for a, amount, known in bills
            ],
        )


def test_a_correction_in_place_is_found_and_all_that_rests_on_it_is_rebuilt(
    copied: Road,
) -> None:
    _correct(copied)
    reports = list(restate(copied.settings, JULY))
    after = trace(copied.settings)
    assert {name for name in copied.after if after[name] != copied.after[name]} == set()
    new = {name for name in after if name not in copied.after}
    assert {name.rpartition("/")[2] for name in new} == {f"restated={BY_HAND}.parquet"}
    months = {
        table: sorted(n.split("/")[1][6:13] for n in new if n.startswith(f"{table}/"))
        for table in SHOWN
    }
    assert months == {table: ["2024-07"] for table in SHOWN - {"feat_spend"}} | {
        "feat_spend": ["2024-07", "2024-08"]
    }
    assert not [
        name
        for name in new
        if "complaint" in name or name.startswith(("cohort", "label", "out_validation"))
    ]
    published = [
        r.month for r in reports if r.step == "publish" and r.outcome == "done"
    ]
    assert published == [f"{month}-restated-{BY_HAND}" for month in (JULY, AUGUST)]
    own = next(
        r.facts["evaluated"]
        for r in copied.august
        if (r.step, r.month) == ("check_features", str(AUGUST))
    )
    judged = [r for r in reports if r.step == "check_features"]
    for report in judged:
        month = f"month={report.month[:7]}-01/"
        changed = [name for name in new if name.startswith("feat_") and month in name]
        four_measures = 4 * len(changed)
        assert 0 < report.facts["evaluated"] == four_measures < own
    assert len(judged) == 2


def test_the_catalogue_of_what_was_restated_is_made_again(copied: Road) -> None:
    """Distributions of the restated month, and of the month after it, whose features look back on it."""
    reports = list(restate(copied.settings, JULY))
    made = [r.month for r in reports if (r.step, r.outcome) == ("catalogue", "done")]
    assert made == [f"{month}-restated-{BY_HAND}" for month in (JULY, AUGUST)]
    lake = Lake(copied.settings.lake_dir)
    assert lake.has_version("feature_stat", JULY, BY_HAND)
    assert lake.has_version("feature_stat", AUGUST, BY_HAND)


def test_the_same_again_gives_the_same_bytes(copied: Road) -> None:
    before = digests(copied.settings)
    run = MonthRun(copied.settings, JULY)
    versions = run.warehouse.publications()
    list(restate(copied.settings, JULY))
    assert digests(copied.settings) == before
    assert run.warehouse.publications() == versions
    run.close()


def test_a_month_that_runs_again_does_not_see_it(copied: Road) -> None:
    """August's own first version stays: it was made before anybody restated July by hand."""
    before = digests(copied.settings)
    run = MonthRun(copied.settings, AUGUST)
    versions = run.warehouse.publications()
    _correct(
        copied, is_corrected=False
    )  # its late rows are extracted from what the source held then
    run_month(copied.settings, AUGUST)
    _correct(copied)
    assert digests(copied.settings) == before
    assert run.warehouse.publications() == versions
    run.close()


def test_taking_the_correction_back_undoes_the_versions(copied: Road) -> None:
    _correct(copied, is_corrected=False)
    list(restate(copied.settings, JULY))
    assert digests(copied.settings) == {
        name: digest for name, (digest, *_) in copied.after.items()
    }
    _correct(copied)
    list(restate(copied.settings, JULY))


def test_the_command_shows_what_was_rebuilt_and_the_version_of_the_list(
    copied: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = copied.settings.environment
    monkeypatch.setenv("CHURN_STATE_DIR", str(told.state_dir))
    monkeypatch.setenv("CHURN_DATA_PATH", str(told.data_path))
    monkeypatch.setenv("CHURN_WAREHOUSE_URL", told.warehouse_url)
    command = [
        "restate",
        "--month",
        "2024-07",
        "--profile",
        str(copied.settings.profile_dir),
    ]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert "What was known before 2024-09-07 changed " in shown.output
    rows = [line.replace("│", " ").split() for line in shown.output.splitlines()]
    assert ["2024-07", "clean_bill", "594", "594"] in rows
    assert [row for row in rows if row[:2] == ["2024-08", "feat_spend"]]
    assert (
        "2024-07-restated-2024-09-07: the list is published as version 5"
        in shown.output
    )  # there and back: 3, 4, 5


def test_a_date_that_a_run_has_used_is_refused(copied: Road) -> None:
    with pytest.raises(
        BadInput,
        match=r"known_until 2024-09-06: the runs so far knew .* before 2024-09-07",
    ):
        list(restate(copied.settings, JULY, known_until=dt.date(2024, 9, 6)))


def test_the_day_of_a_month_s_run_is_refused(copied: Road) -> None:
    """Else the run of September, which restates under that day, would remove what was restated by hand."""
    day = copied.settings.calendar.window(LAST).known_until
    with pytest.raises(
        BadInput, match=rf"known_until {day} is the day of the run of {LAST}"
    ):
        list(restate(copied.settings, JULY, known_until=day))


def test_a_month_that_was_never_run_is_refused(copied: Road) -> None:
    with pytest.raises(
        NotReady, match="2024-12 cannot be restated: it has not been run"
    ):
        list(restate(copied.settings, Month(2024, 12)))


def test_a_failed_check_leaves_what_an_earlier_restatement_of_the_day_made(
    copied: Road,
) -> None:
    before = digests(copied.settings)
    bills = read_bills(copied.data, JULY)
    write_bills(
        copied.data,
        JULY,
        [(account, -amount, known) for account, amount, known in bills],
    )
    with pytest.raises(CheckFailed, match="sign_wrong"):
        list(restate(copied.settings, JULY))
    write_bills(copied.data, JULY, bills)
    assert digests(copied.settings) == before, (
        "what was accepted under the same day stays"
    )
    assert [name for name in before if f"restated={BY_HAND}" in name], "control"
    assert not list((copied.settings.lake_dir / ".staging").glob("kept*"))


@pytest.mark.slow
def test_a_late_delivery_that_fails_its_checks_does_not_stop_the_month(
    copied: Road,
) -> None:
    """Half of August's bills come again in September with the wrong sign: August stays, September goes on."""
    bills = read_bills(copied.data, AUGUST)
    late = [
        (f"late-{account}", -amount, "2024-09-20") for account, amount, _ in bills[:300]
    ]
    write_bills(copied.data, AUGUST, [*bills, *late])
    before = trace(copied.settings)
    reports = run_month(copied.settings, LAST)
    outcomes = {(report.step, report.month): report.outcome for report in reports}
    assert outcomes["extract", "2024-08-restated-2024-10-06"] == "done"
    assert outcomes["check_raw", "2024-08-restated-2024-10-06"] == "refused"
    assert outcomes["report", "2024-09"] == outcomes["publish", "2024-09"] == "done"
    after = trace(copied.settings)
    assert {name: after[name] for name in before} == before
    assert not [name for name in after if "=2024-10-06" in name]
    run = MonthRun(copied.settings, LAST)
    refusals = run.rows_of_month("refusal")
    assert [(str(r.refused_month)[:7], r.task) for r in refusals.itertuples()] == [
        ("2024-08", "integrate")
    ]
    assert "raw_bill" in refusals.reason[0] and "sign_wrong" in refusals.reason[0]
    august = [
        row for row in run.warehouse.publications() if row["month"] == AUGUST.start
    ]
    assert [row["is_restated"] for row in august if row["is_current"]] == [
        False
    ] or len(august) > 1
    run.close()
