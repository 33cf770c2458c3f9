"""Great Expectations as the judge, and a verdict that cannot be true by default."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from churn_tasks.checks.accepted import with_accepted
from churn_tasks.checks.bound_rows import (
    SEVERITIES,
    STOP,
    WARN,
    BoundRow,
    bound_rows,
    limits,
)
from churn_tasks.checks.data_docs import Line, Site, SuiteResult, publish
from churn_tasks.checks.exceptions import is_adjustable, setting_name
from churn_tasks.checks.expectations import Judge, Validation
from churn_tasks.checks.measures import Suite
from churn_tasks.checks.outcome import Outcome
from churn_tasks.core.acceptance import Acceptance
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.sections import Limits

MOST_SHOWN = 5


@dataclass(frozen=True)
class Failure:
    """One measure outside its bounds.

    Attributes:
        stops: whether the bounds are those that stop, or those that warn.
        limits: the bounds that are broken; None leaves a side open.
        rows, examples: how many rows it is about, and the keys of at most five; where it is about rows.
    """

    table: str
    measure: str
    value: float
    limits: Limits
    meaning: str
    rows: int | None = None
    examples: tuple[str, ...] = ()
    stops: bool = True

    @property
    def widened(self) -> str:
        """The bounds that would let the value pass, as the settings write them."""
        lowest, highest = self.limits
        if lowest is not None:
            lowest = min(lowest, self.value)
        if highest is not None:
            highest = max(highest, self.value)
        return f"[{_setting(lowest)}, {_setting(highest)}]"

    def __str__(self) -> str:
        kind = "allowed" if self.stops else "usual"
        bounds = _bounds_text(*self.limits)
        text = f"{self.table}.{self.measure} is {self.value:g}, {kind} {bounds} ({self.meaning})"
        if self.rows is None:
            return text
        return f"{text}; {self.rows} rows, e.g. {', '.join(self.examples)}"


@dataclass(frozen=True)
class Verdict:
    """What the gate found.

    Attributes:
        evaluated: bounds that were really judged, those that stop and those that warn each once a measure.
        failures: measures that stop the month.
        warnings: measures outside what is usual, which are shown and stop nothing.
        accepted: measures that would stop the month if nobody had accepted them, as the settings name them.
        results: every measure of every suite with its value and outcome.
    """

    evaluated: int
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...] = ()
    accepted: tuple[str, ...] = ()
    results: tuple[SuiteResult, ...] = ()

    def facts(self) -> dict[str, object]:
        """Counts for the log, and what was accepted by name."""
        facts: dict[str, object] = {
            "evaluated": self.evaluated,
            "failed": len(self.failures),
            "warned": len(self.warnings),
        }
        if self.accepted:
            facts["accepted"] = ", ".join(self.accepted)
        return facts


def nobody() -> Sequence[Acceptance]:
    """Nothing was accepted."""
    return ()


def judge(
    suites: list[Suite],
    figures: Mapping[str, float],
    site: Site,
    accepted: Callable[[], Sequence[Acceptance]] = nobody,
) -> Verdict:
    """Let Great Expectations judge the figures and write its Data Docs.

    Args:
        suites: what to hold against which bounds; none may be empty.
        figures: ``<table>.<measure>`` to its value.
        site: where the Data Docs go, replaced as a whole; its stage names the suite.
        accepted: says what people have accepted of the month; asked only where something would stop it.

    Returns:
        The verdict; it is the caller's part to stop on failures, with :func:`stop_on_failures`. Warnings are in it
        and in the Data Docs, and stop nothing.

    Raises:
        CheckFailed: a suite is empty, a figure or a bound is missing or not finite, or fewer bounds were judged than
            demanded: cases that Great Expectations alone calls a success.
    """
    _refuse_vacuous(suites, figures)
    validations = _validations(site.stage, suites, figures)
    results = [_suite_result(suite, figures, validations) for suite in suites]
    if any(result.failures for result in results):
        results = with_accepted(results, accepted())
    publish(site, results, validations)
    return _verdict(results)


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
        f"{_ways_on(verdict.failures, site.month)}"
    )


def _ways_on(failures: Sequence[Failure], month: str) -> str:
    """How to go on where a figure is right: for this month alone, and for good, in the very form that settings take."""
    adjustable = [each for each in failures if is_adjustable(each.table, each.measure)]
    if not adjustable:
        return ""
    name = setting_name(adjustable[0].table, adjustable[0].measure)
    billing_month = month.split("-restated-", maxsplit=1)[0]
    lines = [
        "\nIf a figure is right, accept it for this month alone, and run the month again:",
        f"  churn quality accept --month {billing_month} --measure {name} --by NAME --why REASON",
        "or change its bound for good, in the profile's settings.yaml:",
        "  quality:",
        "    exceptions:",
    ]
    for failure in adjustable[:MOST_SHOWN]:
        pattern = setting_name(failure.table, failure.measure)
        lines.append(f"      - {{measures: {pattern}, allowed: {failure.widened}}}")
    return "\n".join(lines)


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


def _validations(
    stage: str, suites: list[Suite], figures: Mapping[str, float]
) -> list[Validation]:
    """All bounds of a stage judged, those that stop and those that warn each at once."""
    gx = Judge()
    validations = []
    for severity in SEVERITIES:
        rows = bound_rows(suites, figures, severity)
        if rows:
            _refuse_infinite(rows)
            validation = gx.validation(stage, severity, rows)
            _refuse_unjudged(stage, validation, rows)
            validations.append(validation)
    return validations


def _refuse_infinite(rows: list[BoundRow]) -> None:
    """No value breaks an infinite bound, and of NaN nothing is known."""
    unusable = [f"{row.table}.{row.measure}" for row in rows if not row.is_finite]
    if unusable:
        raise CheckFailed(f"bounds that are not finite: {', '.join(unusable)}")


def _refuse_unjudged(stage: str, validation: Validation, rows: list[BoundRow]) -> None:
    """What raised or was left out is no success."""
    if validation.judged != len(rows) or validation.raised:
        counted = f"{validation.judged} of {len(rows)} {validation.severity} bounds"
        raise CheckFailed(f"{stage}: {counted} were judged. {validation.raised}")


def _suite_result(
    suite: Suite, figures: Mapping[str, float], validations: list[Validation]
) -> SuiteResult:
    """Every measure of a table, with what its bounds say of it."""
    lines = []
    for measure, name in zip(suite.measures, suite.figure_names, strict=True):
        outcome = _outcome((suite.table, measure.name), validations)
        lines.append(Line(measure, figures[name], outcome))
    return SuiteResult(suite.table, tuple(lines))


def _outcome(measure: tuple[str, str], validations: list[Validation]) -> Outcome:
    """A measure outside both its bounds stops."""
    severities = {each.severity for each in validations if measure in each.broken}
    if STOP in severities:
        return "stop"
    return "warn" if WARN in severities else "pass"


def _verdict(results: list[SuiteResult]) -> Verdict:
    failures = [_failure(r.table, line) for r in results for line in r.failures]
    warnings = [_failure(r.table, line) for r in results for line in r.warnings]
    return Verdict(
        evaluated=sum(result.evaluated for result in results),
        failures=tuple(failures),
        warnings=tuple(warnings),
        accepted=tuple(_accepted(results)),
        results=tuple(results),
    )


def _accepted(results: list[SuiteResult]) -> Iterator[str]:
    for result in results:
        for line in result.accepted:
            yield setting_name(result.table, line.measure.name)


def _failure(table: str, line: Line) -> Failure:
    measure = line.measure
    stops = line.outcome == "stop"
    broken = limits(measure, STOP if stops else WARN)
    return Failure(
        table, measure.name, line.value, broken, measure.meaning, stops=stops
    )


def _bounds_text(lowest: float | None, highest: float | None) -> str:
    low = "-inf" if lowest is None else f"{lowest:g}"
    high = "inf" if highest is None else f"{highest:g}"
    return f"[{low}, {high}]"


def _setting(bound: float | None) -> str:
    """A bound as YAML: short where that is exact, and never rounded to where it would exclude the value itself."""
    if bound is None:
        return "null"
    short = f"{bound:g}"
    return short if float(short) == bound else repr(float(bound))
