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
from churn_tasks.checks.measures import Measure, Suite
from churn_tasks.checks.outcome import Outcome
from churn_tasks.core.errors import CheckFailed

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.expectations.expectation import Expectation

    Validations = list[ExpectationSuiteValidationResult]

STOP, WARN = "critical", "warning"  # severities of Great Expectations
LOGGERS = (
    "great_expectations",
    "great_expectations.data_context.types.base",  # sets its own level
)
Bounds = tuple[float | None, float | None]


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
        kind = "allowed" if self.stops else "usual"
        text = f"{self.table}.{self.measure} is {self.value:g}, {kind} {self.bounds} ({self.meaning})"
        if self.rows is None:
            return text
        return f"{text}; {self.rows} rows, e.g. {', '.join(self.examples)}"


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

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    aside = site.folder.with_name(f".{site.stage}.{uuid.uuid4().hex}")
    _use_site(context, aside)
    validations = _validated(context, suites, pd.DataFrame([dict(figures)]))
    context.build_data_docs()
    results = [_suite_result(suite, figures, validations) for suite in suites]
    publish(aside, site, results)
    return _verdict(results, validations)


def _validated(
    context: "EphemeralDataContext", suites: list[Suite], figures: pd.DataFrame
) -> "Validations":
    """Each suite held against the figures, by itself: a checkpoint compares all of them many times over."""
    import great_expectations as gx

    source = context.data_sources.add_pandas("measures")
    asset = source.add_dataframe_asset("month")
    batch = asset.add_batch_definition_whole_dataframe("all")
    definitions = [
        context.validation_definitions.add(
            gx.ValidationDefinition(
                name=suite.table,
                data=batch,
                suite=context.suites.add(_expectation_suite(suite)),
            )
        )
        for suite in suites
    ]
    given = {"dataframe": figures}
    return [
        definition.run(batch_parameters=given, result_format="BASIC")
        for definition in definitions
    ]


def stop_on_failures(verdict: Verdict, site: Site) -> None:
    """Stop the month when any measure lies outside its bounds.

    Raises:
        CheckFailed: with every failure spelled out. Not retried: retrying cannot mend data.
    """
    if not verdict.failures:
        return
    lines = "\n  ".join(str(failure) for failure in verdict.failures)
    raise CheckFailed(
        f"{site.month}: {len(verdict.failures)} of {verdict.evaluated} checks failed, nothing was published.\n"
        f"  {lines}\n"
        f"Data Docs: {site.folder / 'index.html'}. Mend the source or the bound, then run the month again."
    )


def _refuse_vacuous(suites: list[Suite], figures: Mapping[str, float]) -> None:
    """An empty suite succeeds, and NaN lies within all bounds: neither may reach the judge."""
    empty = [suite.table for suite in suites if not suite.has_bounds]
    if empty or not suites:
        tables = ", ".join(empty) or "any table"
        raise CheckFailed(
            f"nothing to check for: {tables}; an empty suite is no success"
        )
    names = [name for suite in suites for name in suite.figure_names]
    unusable = [n for n in names if not math.isfinite(figures.get(n, math.nan))]
    if unusable:
        raise CheckFailed(f"measures without a finite value: {', '.join(unusable)}")


def _expectation_suite(suite: Suite) -> "ExpectationSuite":
    """One expectation for the bounds that stop (critical), one for those that warn (warning)."""
    import great_expectations as gx

    expectations = []
    for measure, name in zip(suite.measures, suite.figure_names, strict=True):
        if measure.may_stop:
            allowed = (measure.lowest, measure.highest)
            expectations.append(_expectation(measure, name, allowed, STOP))
        if measure.may_warn:
            usual = (measure.usual_lowest, measure.usual_highest)
            expectations.append(_expectation(measure, name, usual, WARN))
    return gx.ExpectationSuite(name=suite.table, expectations=expectations)


def _expectation(
    measure: Measure, name: str, bounds: Bounds, severity: str
) -> "Expectation":
    """Of one row the greatest value; unlike ValuesToBeBetween that shows the value."""
    import great_expectations as gx

    lowest, highest = bounds
    return gx.expectations.ExpectColumnMaxToBeBetween(
        column=name,
        min_value=lowest,
        max_value=highest,
        severity=severity,
        notes=f"{measure.zh} {measure.meaning}".strip(),
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
    suite: Suite, figures: Mapping[str, float], validations: "Validations"
) -> SuiteResult:
    (own,) = (each for each in validations if each.suite_name == suite.table)
    broken = {_broken(result) for result in own.results if not result.success}
    lines = [
        Line(measure, figures[name], _outcome(name, broken))
        for measure, name in zip(suite.measures, suite.figure_names, strict=True)
    ]
    evaluated = int(own.statistics["evaluated_expectations"])
    return SuiteResult(suite.table, evaluated, tuple(lines))


def _broken(result: "ExpectationValidationResult") -> tuple[str, str]:
    """Which figure breaks bounds of which severity."""
    expectation = result.expectation_config
    return expectation.kwargs["column"], str(expectation.severity.value)


def _outcome(name: str, broken: set[tuple[str, str]]) -> Outcome:
    if (name, STOP) in broken:
        return "stop"
    return "warn" if (name, WARN) in broken else "pass"


def _verdict(results: list[SuiteResult], validations: "Validations") -> Verdict:
    _refuse_unevaluated(results, validations)
    failures = [_failure(r.table, line) for r in results for line in r.failures]
    warnings = [_failure(r.table, line) for r in results for line in r.warnings]
    return Verdict(
        evaluated=sum(result.evaluated for result in results),
        failures=tuple(failures),
        warnings=tuple(warnings),
        results=tuple(results),
    )


def _refuse_unevaluated(results: list[SuiteResult], validations: "Validations") -> None:
    """What raised or was left out is no success."""
    evaluated = sum(result.evaluated for result in results)
    measures = [line.measure for result in results for line in result.lines]
    demanded = sum(measure.may_stop + measure.may_warn for measure in measures)
    each = [result for validation in validations for result in validation.results]
    raised = [str(result.expectation_config) for result in each if _raised(result)]
    if evaluated != demanded or raised:
        raise CheckFailed(
            f"{evaluated} of {demanded} expectations were evaluated; {len(raised)} raised: {raised[:5]}"
        )


def _failure(table: str, line: Line) -> Failure:
    measure = line.measure
    stops = line.outcome == "stop"
    bounds = (measure.usual_lowest, measure.usual_highest)
    if stops:
        bounds = (measure.lowest, measure.highest)
    said = _bounds_text(*bounds)
    return Failure(table, measure.name, line.value, said, measure.meaning, stops=stops)


def _raised(result: object) -> bool:
    """Whether the expectation raised, for itself or for one of its metrics."""
    info = getattr(result, "exception_info", None) or {}
    inner = [value for value in info.values() if isinstance(value, dict)]
    return any(each.get("raised_exception") for each in (info, *inner))


def _bounds_text(lowest: float | None, highest: float | None) -> str:
    low = "-inf" if lowest is None else f"{lowest:g}"
    high = "inf" if highest is None else f"{highest:g}"
    return f"[{low}, {high}]"
