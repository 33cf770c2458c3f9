"""Step ``warn``: the warning list of the month from its scores, with levels, reasons and strategies."""

import pandas as pd

from churn_tasks.declared.query import load_question
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged
from churn_tasks.warning.grain import chosen, lines_of_persons
from churn_tasks.warning.listing import warning_list
from churn_tasks.warning.playbook import load_playbook
from churn_tasks.warning.priority import LEVELS


def run(run: MonthRun) -> StepReport:
    """Choose the highest scores, rank them by expected loss and say why each is there.

    Raises:
        SettingsError: a feature's reason group has no text in the playbook.
    """
    if not run.lake.has("score_churn", run.month):
        run.lake.remove("out_warning_list", run.month)
        return skipped("warn", run, "no customer was scored: no model is in force yet")
    shown = (
        "score_churn",
        "score_factor",
        "cohort",
        "month_activity",
        "month_profile",
        "customer_line",
    )
    if not run.has_news(shown, run.settings.calendar.observed_months(run.month)):
        run.lake.remove("out_warning_list", run.month)
        return unchanged("warn", run)
    playbook = load_playbook(run.settings)
    playbook.require(feature.group for feature in run.registry.features)
    report = StepReport("warn", str(run.month))
    run.require_all(["cohort", "score_factor"], [run.month], made_by="score")
    listed, factors = (
        _chosen(run),
        run.month_rows("score_factor", "customer_id, feature, contribution, value"),
    )
    limits, features = run.settings.warning_list, run.registry.features
    rows = warning_list(
        listed, factors, limits=limits, features=features, playbook=playbook
    )
    with run.engine.registered("listed_rows", rows):
        written = run.engine.write(
            "out_warning_list", run.month, "SELECT * FROM listed_rows"
        )
    report.rows = {"out_warning_list": written}
    report.facts = {name: int((rows["level"] == name).sum()) for name in LEVELS}
    return report


def _chosen(run: MonthRun) -> pd.DataFrame:
    """The customers with the highest scores, with what the list shows of them and of the persons they are."""
    lines = lines_of_persons(run.engine, run.window.parameters())
    best = chosen(
        run.month_rows("score_churn", "customer_id, churn_score"),
        lines,
        run.settings.warning_list,
    )
    with run.engine.registered("chosen", best[["customer_id"]]):
        answer = run.engine.ask(
            load_question("warning", "listed_customers"), run.window.parameters()
        )
    persons = lines[["customer_id", "person_id", "line_count", "person_arpu_cny"]]
    return pd.DataFrame(answer).merge(persons, on="customer_id", validate="one_to_one")
