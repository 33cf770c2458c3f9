"""The gate stops what is bad, and also what Great Expectations alone would let pass."""

from pathlib import Path

import pandas as pd
import pytest

from churn_tasks.checks.data_docs import Site
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
