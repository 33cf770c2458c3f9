"""Step ``extract``: source -> raw_*, a month of every table of the profile, with tokens in place of phone numbers."""

from churn_tasks.adapters.source import open_source
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import months_before
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.extraction import (
    extract_table,
    write_deliveries,
    write_spellings,
)


@step(
    reads=(Read("delivery", months_before), Read("clean_*", months_before)),
    writes=("raw_*", "delivery", "number_spelling"),
    restated="always",
)
def extract(run: MonthRun) -> Made:
    """Extract every table of the month, hand the numbers of the customers to the vault, and note what was delivered.

    A restated run extracts the tables that it was given, or all.
    """
    again = run.delivered_again
    names = [name for name in run.registry.raw if again is None or name in again]
    with open_source(run.settings, run.month) as source:
        extracted = [extract_table(run, source, name) for name in names]
    rows = {f"raw_{table.name}": table.rows for table in extracted}
    write_deliveries(run, extracted)
    rows["number_spelling"] = write_spellings(run, extracted)
    return Made(rows)
