"""Step ``extract``: source -> raw_*, a month of every table of the profile, with tokens in place of phone numbers."""

from churn_tasks.adapters.source import open_source
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import months_before
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.deliveries import write_deliveries, write_spellings
from churn_tasks.work.extraction import extract_table
from churn_tasks.work.file_lines import lines_without_a_row, write_file_lines
from churn_tasks.work.late_extraction import extract_late_rows, tables_taken_in


@step(
    reads=(Read("delivery", months_before), Read("clean_*", months_before)),
    writes=("raw_*", "delivery", "number_spelling", "file_line"),
    restated="always",
)
def extract(run: MonthRun) -> Made:
    """Extract every table of the month, hand the numbers of the customers to the vault, and note what was delivered.

    A month to which rows came late takes in those rows alone.
    """
    with open_source(run.settings, run.month) as source:
        if run.only_late:
            extracted = extract_late_rows(run, source)
        else:
            extracted = [extract_table(run, source, name) for name in run.registry.raw]
    write_deliveries(run, extracted)
    write_file_lines(run, extracted)
    spellings = write_spellings(run, extracted)
    names = tables_taken_in(run)
    if not names:
        return Made(idle="nothing came late or changed")
    rows = {f"raw_{name}": run.lake.rows(f"raw_{name}", run.month) for name in names}
    return Made(rows | {"number_spelling": spellings}, lines_without_a_row(extracted))
