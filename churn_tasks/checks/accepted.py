"""What people have accepted of a month: figures that would stop it and are right."""

from collections.abc import Sequence
from dataclasses import replace

from churn_tasks.checks.data_docs import Line, SuiteResult
from churn_tasks.checks.exceptions import is_adjustable, setting_name
from churn_tasks.core.acceptance import Acceptance


def with_accepted(
    results: Sequence[SuiteResult], acceptances: Sequence[Acceptance]
) -> list[SuiteResult]:
    """The results with every line that would stop the month and was accepted marked as such."""
    by_name = {acceptance.measure: acceptance for acceptance in acceptances}
    marked = []
    for result in results:
        lines = tuple(_marked(result.table, line, by_name) for line in result.lines)
        marked.append(replace(result, lines=lines))
    return marked


def _marked(table: str, line: Line, by_name: dict[str, Acceptance]) -> Line:
    name = line.measure.name
    acceptance = by_name.get(setting_name(table, name))
    if line.outcome != "stop" or acceptance is None or not is_adjustable(table, name):
        return line
    if not acceptance.covers(line.value):
        return line
    return replace(line, outcome="accepted", acceptance=acceptance)
