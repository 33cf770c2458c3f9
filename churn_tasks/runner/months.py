"""The months of which a step reads a table, for :class:`churn_tasks.runner.step.Read`.

In the examples the run is that of 2024-10 (observe 3, delay 1, predict 1, truth_after 1, first month 2024-01).
"""

from collections.abc import Callable

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.windows import Calendar
from churn_tasks.runner.month_run import MonthRun

Months = Callable[[MonthRun], list[Month]]


def own_month(run: MonthRun) -> list[Month]:
    """2024-10."""
    return [run.month]


def month_before(run: MonthRun) -> list[Month]:
    """2024-09; of the first month none."""
    if run.month == run.settings.first_month:
        return []
    return [run.month - 1]


def month_before_last(run: MonthRun) -> list[Month]:
    """2024-05; of the first two months none."""
    if run.month - 1 <= run.settings.first_month:
        return []
    return [run.month - 2]


def half_year_before(run: MonthRun) -> list[Month]:
    """2024-04 to 2024-10: the month and the six before it, on which the events of triggers look back."""
    earliest = run.month - 6
    first = max(earliest, run.settings.first_month)
    return list(months_between(first, run.month + 1))


def months_before(run: MonthRun) -> list[Month]:
    """2024-01 to 2024-09."""
    return list(months_between(run.settings.first_month, run.month))


def whole_history(run: MonthRun) -> list[Month]:
    """2024-01 to 2024-10."""
    return [*months_before(run), run.month]


def observed_months(run: MonthRun) -> list[Month]:
    """2024-08 to 2024-10: what features look back on."""
    return run.settings.calendar.observed_months(run.month)


def observed_before(run: MonthRun) -> list[Month]:
    """2024-08 and 2024-09: the observe window without the month itself."""
    first = run.settings.first_month
    return [month for month in observed_months(run) if first <= month < run.month]


def label_month(run: MonthRun) -> list[Month]:
    """2024-07: whose truth has just come in."""
    return [run.settings.calendar.label_month(run.month)]


def known_months(run: MonthRun) -> list[Month]:
    """2024-03 to 2024-07: the months with features whose truth is in."""
    return run.settings.calendar.mature_months(run.month)


def learning_months(run: MonthRun) -> list[Month]:
    """Those a model of this run learns from, and the one it is tested on: 2024-03, 2024-04 and 2024-07."""
    tested = run.settings.calendar.tested_month(run.month)
    if tested is None:
        return []
    mature = run.settings.calendar.mature_months(tested)
    return [*mature[-run.settings.model.max_train_months :], tested]


def judged_months(run: MonthRun) -> list[Month]:
    """Those on which models are judged: 2024-05, 2024-06 and 2024-07.

    Later than what they learn from, and no leaving that is learnt from counts again: the predict window of the first
    begins when the windows that are learnt from have ended.
    """
    if not learning_months(run):
        return []
    *_, learnt, tested = learning_months(run)
    first = learnt + run.settings.calendar.months_apart
    return list(months_between(first, tested + 1))


def months_of_models(run: MonthRun) -> list[Month]:
    """All of which a model of this run learns or is judged on: 2024-03 to 2024-07."""
    return sorted({*learning_months(run), *judged_months(run)})


def deciding_month(run: MonthRun) -> list[Month]:
    """2024-10, in whose run the gate decides; none while history is too short to test a model."""
    is_tested = run.settings.calendar.tested_month(run.month) is not None
    return [run.month] if is_tested else []


def deciding_month_before(run: MonthRun) -> list[Month]:
    """2024-09, unless history was too short then."""
    before = run.month - 1
    is_tested = run.settings.calendar.tested_month(before) is not None
    return [before] if is_tested else []


def matching_months(run: MonthRun) -> list[Month]:
    """The month and the few before it in which a line that is gone may have been seen last."""
    earliest = run.month - run.settings.matching.months_back
    first = max(earliest, run.settings.first_month)
    return list(months_between(first, run.month + 1))


def label_lag(calendar: Calendar) -> int:
    """Months from a cohort to the run in which its truth comes in: 3."""
    return calendar.label_lag


def until_known(run: MonthRun) -> list[Month]:
    """2024-08 to 2024-10: after the labelled month, to the last one that its truth waits for."""
    (labelled,) = label_month(run)
    return list(months_between(labelled + 1, run.month + 1))


def past_of_labelled(run: MonthRun) -> list[Month]:
    """2024-05 and 2024-06, where the label asks for the customers' own past: its observe window; else none."""
    (labelled,) = label_month(run)
    (query,) = run.registry.queries["labels"]
    if "observe_start" not in query.output.params:
        return []
    return run.settings.calendar.observed_months(labelled)[:-1]


def history_of_labelled(run: MonthRun) -> list[Month]:
    """2024-01 to 2024-04, where the label asks since when a customer has been one; else none."""
    (labelled,) = label_month(run)
    (query,) = run.registry.queries["labels"]
    if "history_start" not in query.output.params:
        return []
    observed = run.settings.calendar.observed_months(labelled)
    return list(months_between(run.settings.first_month, observed[0]))


def searched_months(run: MonthRun) -> list[Month]:
    """2024-09: earlier months that were extracted, as far back as ``restatement.months`` says."""
    earliest = run.month - run.settings.restatement.months
    first = max(run.settings.first_month, earliest)
    tables = [f"raw_{name}" for name in run.registry.raw]
    return [
        month
        for month in months_between(first, run.month)
        if any(run.lake.has(table, month) for table in tables)
    ]
