"""The customers who get a place on the list, with what it shows of them."""

import pandas as pd

from churn_tasks.declared.query import load_question
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.warning.grain import chosen, lines_of_persons

SCORE = ("customer_id", "churn_score")
TRIGGERS = "out_trigger"
PERSON = ["customer_id", "person_id", "line_count", "person_arpu_cny"]


def listed_customers(run: MonthRun) -> pd.DataFrame:
    """The customers with the highest scores, with what the list shows of them and of the persons they are."""
    parameters = run.window.parameters()
    lines = lines_of_persons(run.engine, parameters)
    scores = run.rows_of_month("score_churn", SCORE)
    best = chosen(scores, lines, run.settings.warning_list)
    with run.engine.registered("chosen", best[["customer_id"]]):
        question = load_question("warning", "listed_customers")
        answer = run.engine.ask(question, parameters)
    shown = pd.DataFrame(answer).assign(trigger_set=_trigger_set(run))
    return shown.merge(lines[PERSON], on="customer_id", validate="one_to_one")


def _trigger_set(run: MonthRun) -> str | None:
    """Digest of the month's triggers: a list is another one when a trigger of anybody is."""
    if not run.lake.has(TRIGGERS, run.month):
        return None
    return run.lake.sha256(TRIGGERS, run.month)[:16]
