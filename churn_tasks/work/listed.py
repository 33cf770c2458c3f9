"""The customers who get a place on the list, with what it shows of them."""

from collections.abc import Iterable

import pandas as pd

from churn_tasks.declared.query import load_question
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.warning.grain import chosen, lines_of_persons
from churn_tasks.warning.priority import Fired

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


def fired_triggers(run: MonthRun, customers: Iterable[str]) -> dict[str, Fired]:
    """The month's triggers of some customers; who has none is not among them."""
    rows = run.rows_of_month(TRIGGERS, ("customer_id", "priority"))
    if rows.empty:
        return {}
    asked = rows[rows["customer_id"].isin(set(customers))]
    key_accounts = _key_accounts(run)
    fired = {}
    for customer, priorities in asked.groupby("customer_id")["priority"]:
        name = str(customer)
        fired[name] = Fired(tuple(priorities), name in key_accounts)
    return fired


def _key_accounts(run: MonthRun) -> set[str]:
    """Customers with a class; nobody where the profile has no customer master."""
    if "customer" not in run.registry.raw:
        return set()
    rows = run.rows_of_month("month_profile", ("customer_id", "key_account_class"))
    with_class = rows["key_account_class"].notna()
    return set(rows.loc[with_class, "customer_id"])


def _trigger_set(run: MonthRun) -> str | None:
    """Digest of the month's triggers: a list is another one when a trigger of anybody is."""
    if not run.lake.has(TRIGGERS, run.month):
        return None
    return run.lake.sha256(TRIGGERS, run.month)[:16]
