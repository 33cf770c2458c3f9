"""The customers of the month and those of the tables that feature queries made."""

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.query import Query, load_question
from churn_tasks.runner.month_run import MonthRun


def refuse_other_customers(run: MonthRun, query: Query) -> None:
    """A feature query makes one row of every customer of the cohort (its key is unique already) and of nobody else.

    Where some rows alone were made again, all others were looked at before: that they are as many is enough.

    Raises:
        BadInput: customers are missing, or strangers are there.
    """
    table, month = query.output.table, run.month
    are_as_many = run.lake.rows(table, month) == run.lake.rows("cohort", month)
    if run.can_merge and are_as_many:
        return
    run.engine.views(table, "cohort")
    with run.engine.named("made", f"FROM {identifier(table)}"):
        question = load_question("checks", "other_customers")
        difference = run.engine.ask(question, {"month": month.start})[0]
    strangers, missing = difference["strangers"], difference["missing"]
    if strangers or missing:
        raise BadInput(
            evidence(
                table=table,
                month=month,
                column="customer_id",
                problem=f"{missing} of the cohort missing, {strangers} not of the cohort",
                examples=difference["examples"],
                remedy=f"{query.folder.name}/query.sql must read FROM cohort of $month and LEFT JOIN the rest.",
            )
        )
