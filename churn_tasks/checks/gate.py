"""Great Expectations as the judge, and a verdict that cannot be true by default."""

import logging
import math
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from churn_tasks.checks.measures import Suite
from churn_tasks.core.errors import CheckFailed

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.data_context import EphemeralDataContext

SITE = "month"


@dataclass(frozen=True)
class Failure:
    """One measure outside its bounds."""

    table: str
    measure: str
    value: float
    bounds: str
    meaning: str

    def __str__(self) -> str:
        return f"{self.table}.{self.measure} is {self.value:g}, allowed {self.bounds} ({self.meaning})"


@dataclass(frozen=True)
class Verdict:
    """What the gate found. ``evaluated`` counts expectations that were really evaluated."""

    evaluated: int
    failures: tuple[Failure, ...]


def judge(suites: list[Suite], figures: Mapping[str, float], docs_dir: Path) -> Verdict:
    """Let Great Expectations judge the figures and write its Data Docs.

    Args:
        suites: what to hold against which bounds; none may be empty.
        figures: ``<table>.<measure>`` to its value.
        docs_dir: folder of the site, replaced as a whole.

    Returns:
        The verdict; it is the caller's part to stop on failures, with :func:`stop_on_failures`.

    Raises:
        CheckFailed: a suite is empty, a figure is missing or not finite, or fewer expectations were evaluated
            than demanded: cases that Great Expectations alone calls a success.
    """
    _refuse_vacuous(suites, figures)
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    aside = docs_dir.with_name(f".{docs_dir.name}.{uuid.uuid4().hex}")
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
    frame = pd.DataFrame([dict(figures)])
    result = checkpoint.run(batch_parameters={"dataframe": frame})
    context.build_data_docs()
    _replace(aside, docs_dir)
    return _verdict(suites, figures, list(result.run_results.values()))


def stop_on_failures(verdict: Verdict, month: object, docs_dir: Path) -> None:
    """Stop the month when any measure lies outside its bounds.

    Raises:
        CheckFailed: with every failure spelled out. Not retried: retrying cannot mend data.
    """
    if verdict.failures:
        lines = "\n  ".join(str(failure) for failure in verdict.failures)
        raise CheckFailed(
            f"{month}: {len(verdict.failures)} of {verdict.evaluated} checks failed, nothing was published.\n"
            f"  {lines}\n"
            f"Data Docs: {docs_dir / 'index.html'}. Mend the source or the bound, then run the month again."
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
            gx.expectations.ExpectColumnValuesToBeBetween(
                column=f"{suite.table}.{m.name}", min_value=m.lowest, max_value=m.highest, notes=m.meaning
            )
            for m in suite.measures
        ],
    )


def _use_site(context: "EphemeralDataContext", folder: Path) -> None:
    for name in context.get_site_names():
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        },
    )


def _replace(aside: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    os.replace(aside, folder)


def _verdict(
    suites: list[Suite], figures: Mapping[str, float], results: "list[ExpectationSuiteValidationResult]"
) -> Verdict:
    evaluated = sum(int(result.statistics["evaluated_expectations"]) for result in results)
    demanded = sum(len(suite.measures) for suite in suites)
    broken = [str(item.expectation_config) for result in results for item in result.results if _raised(item)]
    if evaluated != demanded or broken:
        raise CheckFailed(f"{evaluated} of {demanded} expectations were evaluated; {len(broken)} raised: {broken[:5]}")
    failed = {
        item.expectation_config.kwargs["column"] for result in results for item in result.results if not item.success
    }
    return Verdict(
        evaluated,
        tuple(
            Failure(s.table, m.name, figures[f"{s.table}.{m.name}"], _bounds(m.lowest, m.highest), m.meaning)
            for s in suites
            for m in s.measures
            if f"{s.table}.{m.name}" in failed
        ),
    )


def _raised(item: object) -> bool:
    info = getattr(item, "exception_info", None) or {}
    return bool(info.get("raised_exception")) or any(
        isinstance(value, dict) and value.get("raised_exception") for value in info.values()
    )


def _bounds(lowest: float | None, highest: float | None) -> str:
    return f"[{'-inf' if lowest is None else f'{lowest:g}'}, {'inf' if highest is None else f'{highest:g}'}]"
