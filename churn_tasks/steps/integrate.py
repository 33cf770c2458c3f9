"""Step ``integrate``: raw_* -> clean_*, bad rows set aside, doubles merged, gaps treated, the books balanced."""

from collections.abc import Sequence

from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import observed_before
from churn_tasks.runner.step import Decision, Made, Read, step
from churn_tasks.work.cleaning import clean_tables, judge_tables, write_quarantine
from churn_tasks.work.cleaning_books import (
    write_counts,
    write_standardised,
    write_treatments,
)
from churn_tasks.work.touched_customers import write_touched_customers


def released_rows(run: MonthRun) -> Sequence[object]:
    return run.warehouse.releases(run.month)


@step(
    reads=(
        Read("raw_*", needed=True),
        Read("number_spelling"),
        Read("delivery", renews=False),
        Read("file_line"),
        # what earlier months teach of outliers and gaps
        Read("clean_*", observed_before),
        Read("profile_accepted", observed_before),
    ),
    writes=(
        "clean_*",
        "quarantine",
        "audit_rows",
        "standardised",
        "treatment",
        "touched_customer",
    ),
    decisions=(Decision("quarantine_release", released_rows),),
    restated="always",
)
def integrate(run: MonthRun) -> Made:
    """Clean every raw table of the month and account for every row and every changed value.

    Of a month to which rows came late, these rows alone are judged and cleaned.
    """
    judged = judge_tables(run)
    write_quarantine(run, judged)
    cleaned = clean_tables(run, judged)
    write_counts(run, cleaned.counts)
    rows = {f"clean_{count.table}": count.rows_out for count in cleaned.counts}
    rows["standardised"] = write_standardised(run, cleaned.lines, judged)
    rows["treatment"] = write_treatments(run, cleaned.counts)
    if run.restated_until:
        rows["touched_customer"] = write_touched_customers(run)
    return Made(rows, cleaned.facts())
