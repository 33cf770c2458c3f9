"""Great Expectations without a project: a suite for each stage of a month, held against the frame of its bounds.

A suite has one expectation, however many bounds there are: in no row is ``larger`` less than ``smaller``. The rows that
break it come back by the names of their measures.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from churn_tasks.checks.bound_rows import BoundRow, Severity

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )

LOGGERS = (
    "great_expectations",
    "great_expectations.data_context.types.base",  # sets its own level
)
EVERY_BROKEN_ROW = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["table", "measure", "end"],
}


@dataclass(frozen=True)
class Validation:
    """What Great Expectations said of a stage's bounds of one severity.

    Attributes:
        judged: rows that it judged, by its own count.
        broken: table and measure of the rows that are not as expected.
        raised: what it raised instead of judging; empty if it judged.
        record: its result as it can be written to JSON, without the time of day.
    """

    severity: Severity
    judged: int
    broken: frozenset[tuple[str, str]]
    raised: str
    record: dict[str, Any]


class Judge:
    """Great Expectations with nothing on disk."""

    def __init__(self) -> None:
        import great_expectations as gx

        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_pandas("measures").add_dataframe_asset("month")
        self._frames = asset.add_batch_definition_whole_dataframe("bounds")

    def validation(
        self, stage: str, severity: Severity, rows: list[BoundRow]
    ) -> Validation:
        """The suite of a stage held against these rows."""
        import great_expectations as gx

        holds = gx.expectations.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="larger",
            column_B="smaller",
            or_equal=True,
            ignore_row_if="neither",
            severity=severity,
        )
        suite = gx.ExpectationSuite(name=stage, expectations=[holds])
        frame = pd.DataFrame(rows, columns=list(BoundRow._fields))
        batch = self._frames.get_batch(batch_parameters={"dataframe": frame})
        return _validation(
            severity, batch.validate(suite, result_format=EVERY_BROKEN_ROW)
        )


def _validation(
    severity: Severity, validated: "ExpectationSuiteValidationResult"
) -> Validation:
    (result,) = validated.results
    said = result.result
    broken_rows = said.get("unexpected_index_list", [])
    return Validation(
        severity=severity,
        judged=said.get("element_count", 0) - said.get("missing_count", 0),
        broken=frozenset((row["table"], row["measure"]) for row in broken_rows),
        raised=_raised(result.exception_info),
        record=result.to_json_dict(),
    )


def _raised(exception_info: dict[str, Any]) -> str:
    """The message of an exception, of the expectation itself or of one of its metrics."""
    inner = [info for info in exception_info.values() if isinstance(info, dict)]
    for info in (exception_info, *inner):
        if info.get("raised_exception"):
            return str(info.get("exception_message"))
    return ""
