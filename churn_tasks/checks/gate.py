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
from churn_tasks.core.errors import CheckFailed

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.data_context import EphemeralDataContext


@dataclass(frozen=True)
class Failure:
    """One measure outside its bounds.

    Attributes:
        rows, examples: how many rows it is about, and the keys of at most five; where it is about rows.
    """

    table: str
    measure: str
    value: float
    bounds: str
    meaning: str
    rows: int | None = None
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = f"; {self.rows} rows, e.g. {', '.join(self.examples)}" if self.rows is not None else ""
        return f"{self.table}.{self.measure} is {self.value:g}, allowed {self.bounds} ({self.meaning}){about}"


@dataclass(frozen=True)
class Verdict:
    """What the gate found. ``evaluated`` counts expectations that were really evaluated."""

    evaluated: int
    failures: tuple[Failure, ...]


def judge(suites: list[Suite], figures: Mapping[str, float], site: Site) -> Verdict:
    """Let Great Expectations judge the figures and write its Data Docs.

    Args:
        suites: what to hold against which bounds; none may be empty.
        figures: ``<table>.<measure>`` to its value.
        site: where the Data Docs go, replaced as a whole.

    Returns:
        The verdict; it is the caller's part to stop on failures, with :func:`stop_on_failures`.

    Raises:
        CheckFailed: a suite is empty, a figure is missing or not finite, or fewer expectations were evaluated
            than demanded: cases that Great Expectations alone calls a success.
    """
    _refuse_vacuous(suites, figures)
    import great_expectations as gx

    for name in ("great_expectations", "great_expectations.data_context.types.base"):  # the latter sets its own level
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
            gx.ValidationDefinition(name=suite.table, data=batch, suite=context.suites.add(_expectations(suite)))
        )
        for suite in suites
    ]
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="gate", validation_definitions=definitions, result_format="BASIC")
    )
    result = checkpoint.run(batch_parameters={"dataframe": pd.DataFrame([dict(figures)])})
    context.build_data_docs()
    found = list(result.run_results.values())
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
    empty = [suite.table for suite in suites if not suite.measures]
    if empty or not suites:
        raise CheckFailed(f"nothing to check for: {', '.join(empty) or 'any table'}; an empty suite is no success")
    wanted = [f"{suite.table}.{measure.name}" for suite in suites for measure in suite.measures]
    unusable = [name for name in wanted if not math.isfinite(figures.get(name, math.nan))]
    if unusable:
        raise CheckFailed(f"measures without a finite value: {', '.join(unusable)}")


def _expectations(suite: Suite) -> "object":
    import great_expectations as gx

    return gx.ExpectationSuite(
        name=suite.table,
        expectations=[
            gx.expectations.ExpectColumnMaxToBeBetween(  # of one row; unlike ValuesToBeBetween it shows the value
                column=f"{suite.table}.{m.name}", min_value=m.lowest, max_value=m.highest, notes=m.meaning
            )
            for m in suite.measures
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
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        },
    )


def _suite_result(
    suite: Suite, figures: Mapping[str, float], found: "list[ExpectationSuiteValidationResult]"
) -> SuiteResult:
    own = next(result for result in found if result.suite_name == suite.table)
    passed = {item.expectation_config.kwargs["column"] for item in own.results if item.success}
    named = [(measure, f"{suite.table}.{measure.name}") for measure in suite.measures]
    lines = tuple(Line(measure, figures[name], name in passed) for measure, name in named)
    return SuiteResult(suite.table, int(own.statistics["evaluated_expectations"]), lines)


def _verdict(results: list[SuiteResult], found: "list[ExpectationSuiteValidationResult]") -> Verdict:
    evaluated = sum(result.evaluated for result in results)
    demanded = sum(len(result.lines) for result in results)
    broken = [str(item.expectation_config) for result in found for item in result.results if _raised(item)]
    if evaluated != demanded or broken:
        raise CheckFailed(f"{evaluated} of {demanded} expectations were evaluated; {len(broken)} raised: {broken[:5]}")
    return Verdict(evaluated, tuple(_failure(result.table, line) for result in results for line in result.failures))


def _failure(table: str, line: Line) -> Failure:
    measure = line.measure
    return Failure(table, measure.name, line.value, _bounds(measure.lowest, measure.highest), measure.meaning)


def _raised(item: object) -> bool:
    info = getattr(item, "exception_info", None) or {}
    return bool(info.get("raised_exception")) or any(
        isinstance(value, dict) and value.get("raised_exception") for value in info.values()
    )


def _bounds(lowest: float | None, highest: float | None) -> str:
    return f"[{'-inf' if lowest is None else f'{lowest:g}'}, {'inf' if highest is None else f'{highest:g}'}]"
