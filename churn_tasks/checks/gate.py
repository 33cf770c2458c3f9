"""Great Expectations as the judge, and a verdict that cannot be true by default."""

import math
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from churn_tasks.checks.data_docs import Line, Site, SuiteResult, publish
from churn_tasks.checks.expectations import STOP, WARN, quiet_context, validated
from churn_tasks.checks.measures import Suite
from churn_tasks.checks.outcome import Outcome
from churn_tasks.core.errors import CheckFailed

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )

    Validations = list[ExpectationSuiteValidationResult]


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
    aside = site.folder.with_name(f".{site.stage}.{uuid.uuid4().hex}")
    context = quiet_context(docs=aside)
    validations = validated(context, suites, pd.DataFrame([dict(figures)]))
    context.build_data_docs()
    results = [_suite_result(suite, figures, validations) for suite in suites]
    publish(aside, site, results)
    return _verdict(results, validations)


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
    unusable = [name for suite in suites for name in _unusable(suite, figures)]
    if unusable:
        raise CheckFailed(f"measures without a finite value: {', '.join(unusable)}")


def _unusable(suite: Suite, figures: Mapping[str, float]) -> Iterator[str]:
    for name in suite.figure_names:
        if not math.isfinite(figures.get(name, math.nan)):
            yield name


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
    demanded = sum(_demanded(result) for result in results)
    raised = [text for validation in validations for text in _raised(validation)]
    if evaluated != demanded or raised:
        raise CheckFailed(
            f"{evaluated} of {demanded} expectations were evaluated; {len(raised)} raised: {raised[:5]}"
        )


def _demanded(result: SuiteResult) -> int:
    """Expectations of a suite: one for bounds that stop, one for those that warn."""
    measures = [line.measure for line in result.lines]
    return sum(measure.may_stop + measure.may_warn for measure in measures)


def _raised(validation: "ExpectationSuiteValidationResult") -> Iterator[str]:
    """The expectations that raised instead of judging."""
    for result in validation.results:
        if _has_raised(result):
            yield str(result.expectation_config)


def _failure(table: str, line: Line) -> Failure:
    measure = line.measure
    stops = line.outcome == "stop"
    bounds = (measure.usual_lowest, measure.usual_highest)
    if stops:
        bounds = (measure.lowest, measure.highest)
    said = _bounds_text(*bounds)
    return Failure(table, measure.name, line.value, said, measure.meaning, stops=stops)


def _has_raised(result: object) -> bool:
    """Whether the expectation raised, for itself or for one of its metrics."""
    info = getattr(result, "exception_info", None) or {}
    inner = [value for value in info.values() if isinstance(value, dict)]
    return any(each.get("raised_exception") for each in (info, *inner))


def _bounds_text(lowest: float | None, highest: float | None) -> str:
    low = "-inf" if lowest is None else f"{lowest:g}"
    high = "inf" if highest is None else f"{highest:g}"
    return f"[{low}, {high}]"
