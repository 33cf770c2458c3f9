"""Great Expectations without a project: suites of bounds, held against one row of figures, with Data Docs."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from churn_tasks.checks.measures import Measure, Suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.expectations.expectation import Expectation

STOP, WARN = "critical", "warning"  # severities of Great Expectations
LOGGERS = (
    "great_expectations",
    "great_expectations.data_context.types.base",  # sets its own level
)
Bounds = tuple[float | None, float | None]


def quiet_context(docs: Path) -> "EphemeralDataContext":
    """A context that writes nothing but its Data Docs, to the folder ``docs``."""
    import great_expectations as gx

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    _use_site(context, docs)
    return context


def validated(
    context: "EphemeralDataContext", suites: list[Suite], figures: pd.DataFrame
) -> "list[ExpectationSuiteValidationResult]":
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
