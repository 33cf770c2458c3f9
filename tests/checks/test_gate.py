"""The gate stops what is bad, and also what Great Expectations alone would let pass."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_tasks.checks import gate
from churn_tasks.checks.bound_rows import STOP, WARN, BoundRow, bound_rows
from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.expectations import Judge
from churn_tasks.checks.gate import judge, stop_on_failures
from churn_tasks.checks.measures import Measure, Suite
from churn_tasks.core.errors import CheckFailed

ROWS = Measure("rows", "count(*)", "Rows of the month.", lowest=10)
DIRT = Measure("dirt_share", "avg(1)", "Rows set aside.", highest=0.05)


def test_good_figures_pass_and_data_docs_are_built(tmp_path: Path) -> None:
    site = Site(tmp_path, "2024-03", "raw")
    verdict = judge(
        [Suite("bill", [ROWS, DIRT])], {"bill.rows": 10, "bill.dirt_share": 0.05}, site
    )
    assert (verdict.evaluated, verdict.failures) == (2, ())
    assert (tmp_path / "2024-03" / "raw" / "index.html").is_file()
    stop_on_failures(verdict, site)


def test_a_failure_names_table_figure_and_bounds(tmp_path: Path) -> None:
    suites = [Suite("bill", [ROWS, DIRT]), Suite("cdr", [ROWS])]
    figures = {"bill.rows": 9, "bill.dirt_share": 0.2, "cdr.rows": 11}
    site = Site(tmp_path, "2024-03", "raw")
    verdict = judge(suites, figures, site)
    assert [str(failure) for failure in verdict.failures] == [
        "bill.rows is 9, allowed [10, inf] (Rows of the month.)",
        "bill.dirt_share is 0.2, allowed [-inf, 0.05] (Rows set aside.)",
    ]
    with pytest.raises(
        CheckFailed, match="2024-03: 2 of 3 checks failed, nothing was published"
    ):
        stop_on_failures(verdict, site)


LEARNT = Measure(
    "mean",
    "",
    "Mean.",
    lowest=1,
    highest=9,
    usual_lowest=4,
    usual_highest=6,
    learnt_months=6,
)


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (1, "warn"),
        (0.9, "stop"),
        (4, "pass"),
        (6, "pass"),
        (6.1, "warn"),
        (9, "warn"),
        (9.1, "stop"),
    ],
)
def test_three_outcomes_of_one_measure(
    tmp_path: Path, value: float, outcome: str
) -> None:
    """Bounds are inclusive; a value outside the allowed ones counts once, as a stop."""
    verdict = judge(
        [Suite("bill", [LEARNT])],
        {"bill.mean": value},
        Site(tmp_path, "2024-03", "raw"),
    )
    assert verdict.results[0].outcome == outcome
    assert (verdict.evaluated, len(verdict.failures), len(verdict.warnings)) == (
        2,
        outcome == "stop",
        outcome == "warn",
    )


def test_only_a_stop_stops(tmp_path: Path) -> None:
    site = Site(tmp_path, "2024-03", "raw")
    warned = judge([Suite("bill", [LEARNT])], {"bill.mean": 7}, site)
    stop_on_failures(warned, site)
    assert str(warned.warnings[0]) == "bill.mean is 7, usual [4, 6] (Mean.)"
    with pytest.raises(CheckFailed, match=r"bill.mean is 12, allowed \[1, 9\]"):
        stop_on_failures(
            judge([Suite("bill", [LEARNT])], {"bill.mean": 12}, site), site
        )


@pytest.mark.parametrize(
    ("suites", "figures", "said"),
    [
        ([], {}, "nothing to check"),
        ([Suite("bill", [])], {}, "an empty suite is no success"),
        (
            [Suite("bill", [Measure("rows", "", "No bound.")])],
            {"bill.rows": 1.0},
            "an empty suite is no success",
        ),
        ([Suite("bill", [ROWS])], {}, "without a finite value: bill.rows"),
        (
            [Suite("bill", [ROWS])],
            {"bill.rows": float("nan")},
            "without a finite value: bill.rows",
        ),
        (
            [Suite("bill", [ROWS])],
            {"bill.rows": float("inf")},
            "without a finite value: bill.rows",
        ),
    ],
)
def test_nothing_passes_by_being_empty(
    tmp_path: Path, suites: list[Suite], figures: dict[str, float], said: str
) -> None:
    with pytest.raises(CheckFailed, match=said):
        judge(suites, figures, Site(tmp_path, "2024-03", "raw"))


def test_great_expectations_alone_lets_the_empty_pass() -> None:
    """Negative control: why the gate counts for itself."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    batch = (
        context.data_sources.add_pandas("bare")
        .add_dataframe_asset("a")
        .add_batch_definition_whole_dataframe("b")
    )
    suite = context.suites.add(gx.ExpectationSuite("bare"))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="bare", data=batch, suite=suite)
    )
    nothing = definition.run(
        batch_parameters={"dataframe": pd.DataFrame({"rows": [9.0]})}
    )
    assert nothing.success and nothing.statistics["evaluated_expectations"] == 0
    suite.add_expectation(
        gx.expectations.ExpectColumnValuesToBeBetween(column="rows", min_value=10)
    )
    missing = definition.run(
        batch_parameters={"dataframe": pd.DataFrame({"rows": [float("nan")]})}
    )
    assert missing.success


MANY = Suite(
    "bill",
    [
        Measure(f"m{i}", "", "One of many.", 1, 9, "", 4, 6, learnt_months=5)
        for i in range(40)
    ],
)
CALM = {f"bill.m{i}": 5.0 for i in range(40)}


@pytest.mark.parametrize("place", [0, 17, 39])
@pytest.mark.parametrize(
    ("value", "outcome"), [(0.5, "stop"), (9.5, "stop"), (3.5, "warn"), (6.5, "warn")]
)
def test_a_planted_failure_comes_back_by_name(
    tmp_path: Path, place: int, value: float, outcome: str
) -> None:
    """One of forty measures, either end, either severity: that one and no other."""
    verdict = judge(
        [MANY], CALM | {f"bill.m{place}": value}, Site(tmp_path, "2024-03", "raw")
    )
    outcomes = {line.measure.name: line.outcome for line in verdict.results[0].lines}
    assert {name: each for name, each in outcomes.items() if each != "pass"} == {
        f"m{place}": outcome
    }
    assert verdict.evaluated == 80


NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 5e-324, 0.1 + 0.2, 0.3]),
    st.floats(-1e12, 1e12),
)
ENDS = st.one_of(st.none(), NUMBERS)
BOUNDS = st.lists(
    st.tuples(NUMBERS, ENDS, ENDS, ENDS, ENDS), min_size=1, max_size=12
).filter(lambda each: any(end is not None for _, *ends in each for end in ends))


@settings(max_examples=40, deadline=None)
@given(BOUNDS)
def test_verdicts_are_those_of_plain_comparison(
    tmp_path_factory: pytest.TempPathFactory, bounds: list[tuple[Any, ...]]
) -> None:
    measures = [
        Measure(f"m{i}", "", "", low, high, "", usual_low, usual_high)
        for i, (_, low, high, usual_low, usual_high) in enumerate(bounds)
    ]
    figures = {f"bill.m{i}": value for i, (value, *_) in enumerate(bounds)}
    site = Site(tmp_path_factory.mktemp("docs"), "2024-03", "raw")
    verdict = judge([Suite("bill", measures)], figures, site)
    for line, (value, *ends) in zip(verdict.results[0].lines, bounds, strict=True):
        assert line.outcome == plain_outcome(value, *ends)


def plain_outcome(
    value: float,
    low: float | None,
    high: float | None,
    usual_low: float | None,
    usual_high: float | None,
) -> str:
    if outside(value, low, high):
        return "stop"
    return "warn" if outside(value, usual_low, usual_high) else "pass"


def outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def test_an_open_end_is_no_row_that_could_pass() -> None:
    """Every row that is counted as judged can fail."""
    assert bound_rows([SUITE], FIGURES, STOP) == [
        BoundRow("bill", "rows", "lowest", 9.0, 10),
        BoundRow("bill", "mean", "lowest", 5.0, 1),
        BoundRow("bill", "mean", "highest", 9, 5.0),
    ]
    assert [row.measure for row in bound_rows([SUITE], FIGURES, WARN)] == 2 * ["mean"]


def test_measures_of_one_name_in_two_tables_are_told_apart(tmp_path: Path) -> None:
    suites = [Suite("bill", [ROWS]), Suite("cdr", [ROWS]), Suite("fault", [ROWS])]
    figures = {"bill.rows": 11, "cdr.rows": 9, "fault.rows": 11}
    verdict = judge(suites, figures, Site(tmp_path, "2024-03", "raw"))
    assert [result.outcome for result in verdict.results] == ["pass", "stop", "pass"]
    assert [failure.table for failure in verdict.failures] == ["cdr"]


SUITE = Suite("bill", [ROWS, LEARNT])
FIGURES = {"bill.rows": 9.0, "bill.mean": 5.0}


def test_a_bound_that_is_no_number_is_no_bound(tmp_path: Path) -> None:
    for bound in (math.inf, math.nan):
        suite = Suite("bill", [Measure("rows", "", "", highest=bound)])
        with pytest.raises(
            CheckFailed, match=r"bounds that are not finite: bill\.rows"
        ):
            judge([suite], {"bill.rows": 1.0}, Site(tmp_path, "2024-03", "raw"))


def test_a_row_that_was_not_judged_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that gets lost on its way to the judge: its own verdict is a success."""
    own = Judge.validation

    def without_first(judge: Judge, stage: str, severity: Any, rows: Any) -> Any:
        return own(judge, stage, severity, rows[1:])

    assert not without_first(Judge(), "raw", STOP, HOLDING).broken
    monkeypatch.setattr(Judge, "validation", without_first)
    with pytest.raises(CheckFailed, match="raw: 2 of 3 critical bounds were judged"):
        judge([SUITE], {**FIGURES, "bill.rows": 9.0}, Site(tmp_path, "2024-03", "raw"))


HOLDING = [
    BoundRow("bill", "rows", "lowest", 11, 10),
    BoundRow("bill", "mean", "lowest", 5, 1),
]


def test_an_expectation_that_raises_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = gate.bound_rows

    def with_text(*given: Any) -> list[BoundRow]:
        return [Textual(*row) for row in own(*given)]

    class Textual(BoundRow):
        """A row whose bound came as text."""

        is_finite = True  # type: ignore[assignment]

        def __new__(
            cls, table: str, measure: str, end: Any, larger: Any, smaller: Any
        ) -> Any:
            return super().__new__(cls, table, measure, end, larger, str(smaller))

    monkeypatch.setattr(gate, "bound_rows", with_text)
    with pytest.raises(
        CheckFailed, match=r"0 of 1 critical bounds were judged\. Invalid comparison"
    ):
        judge([Suite("bill", [ROWS])], {"bill.rows": 11.0}, Site(tmp_path, "m", "raw"))


def test_great_expectations_is_imported_by_who_judges_and_by_nobody_else(
    tmp_path: Path,
) -> None:
    """All steps and the gate itself are imported, figures are refused before the judge is asked: not yet."""
    code = f"""
import sys
from pathlib import Path
from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.gate import judge
from churn_tasks.checks.measures import Measure, Suite
from churn_tasks.core.errors import CheckFailed
from churn_tasks.walks.graph import all_steps
import churn_tasks.cli
for step in all_steps():
    step.work
def imported():
    return "great_expectations" in sys.modules
suites = [Suite("bill", [Measure("rows", "", "", lowest=1)])]
site = Site(Path({str(tmp_path)!r}), "2024-03", "raw")
told = [imported()]
try:
    judge(suites, {{}}, site)
except CheckFailed:
    told.append(imported())
judge(suites, {{"bill.rows": 1.0}}, site)
told.append(imported())
print(told)
"""
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert told.stdout.splitlines()[-1] == "[False, False, True]", told.stderr
