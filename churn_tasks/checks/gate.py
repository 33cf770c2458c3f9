"""Great Expectations as the judge, and a verdict that cannot be true by default."""

import logging
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from churn_tasks.checks.data_docs import Line, Site, SuiteResult, publish
from churn_tasks.checks.measures import Suite
from churn_tasks.checks.outcome import Outcome
from churn_tasks.core.errors import CheckFailed

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )
    from great_expectations.data_context import EphemeralDataContext


STOP, WARN = "critical", "warning"  # severities of Great Expectations


@dataclass(frozen=True)
class Failure:
    """One measure outside its bounds.

    Attributes:
        stops: whether the bounds are those that stop, or those that warn.
        rows, examples: how many rows it is about, and the keys of at most five; where it is about rows.
    """

    table: str
    measure: str
    value: float
    bounds: str
    meaning: str
    rows: int | None = None
    examples: tuple[str, ...] = ()
    stops: bool = True

    def __str__(self) -> str:
        about = (
            f"; {self.rows} rows, e.g. {', '.join(self.examples)}"
            if self.rows is not None
            else ""
        )
        kind = "allowed" if self.stops else "usual"
        return f"{self.table}.{self.measure} is {self.value:g}, {kind} {self.bounds} ({self.meaning}){about}"


@dataclass(frozen=True)
class Verdict:
    """What the gate found.

    Attributes:
        evaluated: expectations that were really evaluated.
        failures: measures that stop the month.
        warnings: measures outside what is usual, which are shown and stop nothing.
        results: every measure of every suite with its value and outcome.
    """

    evaluated: int
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...] = ()
    results: tuple[SuiteResult, ...] = ()


def judge(suites: list[Suite], figures: Mapping[str, float], site: Site) -> Verdict:
    """Let Great Expectations judge the figures and write its Data Docs.

    Args:
        suites: what to hold against which bounds; none may be empty.
        figures: ``<table>.<measure>`` to its value.
        site: where the Data Docs go, replaced as a whole.

    Returns:
        The verdict; it is the caller's part to stop on failures, with :func:`stop_on_failures`. Warnings are in it
        and in the Data Docs, and stop nothing.

    Raises:
        CheckFailed: a suite is empty, a figure is missing or not finite, or fewer expectations were evaluated
            than demanded: cases that Great Expectations alone calls a success.
    """
    _refuse_vacuous(suites, figures)
    import great_expectations as gx

    for name in (
        "great_expectations",
        "great_expectations.data_context.types.base",
    ):  # the latter sets its own level
        logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    aside = site.folder.with_name(f".{site.stage}.{uuid.uuid4().hex}")
    _use_site(context, aside)
    batch = (
        context.data_sources.add_pandas("measures")
        .add_dataframe_asset("month")
        .add_batch_definition_whole_dataframe("all")
    )
    definitions = [
        context.validation_definitions.add(
            gx.ValidationDefinition(
                name=suite.table,
                data=batch,
                suite=context.suites.add(_expectations(suite)),
            )
        )
        for suite in suites
    ]
    frame = pd.DataFrame([dict(figures)])
    # each definition by itself: a checkpoint compares all of them many times over
    found = [
        one.run(batch_parameters={"dataframe": frame}, result_format="BASIC")
        for one in definitions
    ]
    context.build_data_docs()
    results = [_suite_result(suite, figures, found) for suite in suites]
    publish(aside, site, results)
    return _verdict(results, found)


def stop_on_failures(verdict: Verdict, site: Site) -> None:
    """Stop the month when any measure lies outside its bounds.

    Raises:
        CheckFailed: with every failure spelled out. Not retried: retrying cannot mend data.
    """
    if verdict.failures:
        lines = "\n  ".join(str(failure) for failure in verdict.failures)
        raise CheckFailed(
            f"{site.month}: {len(verdict.failures)} of {verdict.evaluated} checks failed, nothing was published.\n"
            f"  {lines}\n"
            f"Data Docs: {site.folder / 'index.html'}. Mend the source or the bound, then run the month again."
        )


def _refuse_vacuous(suites: list[Suite], figures: Mapping[str, float]) -> None:
    empty = [
        suite.table
        for suite in suites
        if not any(m.may_stop or m.may_warn for m in suite.measures)
    ]
    if empty or not suites:
        raise CheckFailed(
            f"nothing to check for: {', '.join(empty) or 'any table'}; an empty suite is no success"
        )
    wanted = [
        f"{suite.table}.{measure.name}"
        for suite in suites
        for measure in suite.measures
    ]
    unusable = [
        name for name in wanted if not math.isfinite(figures.get(name, math.nan))
    ]
    if unusable:
        raise CheckFailed(f"measures without a finite value: {', '.join(unusable)}")


def _expectations(suite: Suite) -> "object":
    """One expectation for the bounds that stop (critical), one for those that warn (warning)."""
    import great_expectations as gx

    wanted = [
        (measure, low, high, severity)
        for measure in suite.measures
        for low, high, severity in (
            (measure.lowest, measure.highest, STOP),
            (measure.usual_lowest, measure.usual_highest, WARN),
        )
        if low is not None or high is not None
    ]
    return gx.ExpectationSuite(
        name=suite.table,
        expectations=[
            gx.expectations.ExpectColumnMaxToBeBetween(  # of one row; unlike ValuesToBeBetween it shows the value
                column=f"{suite.table}.{measure.name}",
                min_value=low,
                max_value=high,
                severity=severity,
                notes=" ".join(text for text in (measure.zh, measure.meaning) if text),
            )
            for measure, low, high, severity in wanted
        ],
    )


def _use_site(context: "EphemeralDataContext", folder: Path) -> None:
    for name in context.get_site_names():
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        "month",
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder),
            },
        },
    )


def _suite_result(
    suite: Suite,
    figures: Mapping[str, float],
    found: "list[ExpectationSuiteValidationResult]",
) -> SuiteResult:
    own = next(result for result in found if result.suite_name == suite.table)
    broken = {
        (
            item.expectation_config.kwargs["column"],
            str(item.expectation_config.severity.value),
        )
        for item in own.results
        if not item.success
    }
    named = [(measure, f"{suite.table}.{measure.name}") for measure in suite.measures]
    lines = tuple(
        Line(measure, figures[name], _outcome(name, broken)) for measure, name in named
    )
    return SuiteResult(
        suite.table, int(own.statistics["evaluated_expectations"]), lines
    )


def _outcome(name: str, broken: set[tuple[str, str]]) -> Outcome:
    return (
        "stop"
        if (name, STOP) in broken
        else "warn"
        if (name, WARN) in broken
        else "pass"
    )


def _verdict(
    results: list[SuiteResult], found: "list[ExpectationSuiteValidationResult]"
) -> Verdict:
    evaluated = sum(result.evaluated for result in results)
    demanded = sum(
        line.measure.may_stop + line.measure.may_warn
        for result in results
        for line in result.lines
    )
    broken = [
        str(item.expectation_config)
        for result in found
        for item in result.results
        if _raised(item)
    ]
    if evaluated != demanded or broken:
        raise CheckFailed(
            f"{evaluated} of {demanded} expectations were evaluated; {len(broken)} raised: {broken[:5]}"
        )
    failures = tuple(
        _failure(result.table, line) for result in results for line in result.failures
    )
    warnings = tuple(
        _failure(result.table, line) for result in results for line in result.warnings
    )
    return Verdict(evaluated, failures, warnings, tuple(results))


def _failure(table: str, line: Line) -> Failure:
    measure = line.measure
    stops = line.outcome == "stop"
    low, high = (
        (measure.lowest, measure.highest)
        if stops
        else (measure.usual_lowest, measure.usual_highest)
    )
    return Failure(
        table,
        measure.name,
        line.value,
        _bounds(low, high),
        measure.meaning,
        stops=stops,
    )


def _raised(item: object) -> bool:
    info = getattr(item, "exception_info", None) or {}
    return bool(info.get("raised_exception")) or any(
        isinstance(value, dict) and value.get("raised_exception")
        for value in info.values()
    )


def _bounds(lowest: float | None, highest: float | None) -> str:
    return f"[{'-inf' if lowest is None else f'{lowest:g}'}, {'inf' if highest is None else f'{highest:g}'}]"
