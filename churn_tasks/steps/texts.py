"""Step ``texts``: the complaints of one month read for what they are about and how they sound (A6)."""

from churn_tasks.integrate.texts.rules import load_text_rules
from churn_tasks.runner.conditions import no_complaints
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.complaint_texts import (
    SOURCE,
    TABLE,
    refuse_other_classes,
    write_counts,
)


@step(
    reads=(Read(SOURCE, needed=True), Read("touched_customer", renews=False)),
    writes=(TABLE,),
    idle=no_complaints,
)
def texts(run: MonthRun) -> Made:
    """Read the month's complaints with the bounds of every month query and write ``month_complaint_text``.

    Texts are read where they lie and never leave the step: what it writes are counts a customer.

    Raises:
        SettingsError: the word lists are malformed, or name a class for which the table has no column.
    """
    rules = load_text_rules(run.settings)
    refuse_other_classes(run.registry.tables[TABLE], rules)
    rows, texts_read = write_counts(run, rules)
    return Made({TABLE: rows}, facts={"texts": texts_read})
