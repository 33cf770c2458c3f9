"""Why a month gives a step nothing to do (empty: it does), and what a step needs of some profiles or months only."""

from churn_tasks.runner.month_run import MonthRun

NO_MODEL = "no model is in force yet"


def history_too_short(run: MonthRun) -> str:
    """A month without features."""
    calendar, observe = run.settings.calendar, run.settings.windows.observe
    if calendar.has_features(run.month):
        return ""
    first = calendar.first_month + observe - 1
    return (
        f"history is too short: {first} is the first month with a whole observe window"
    )


def no_label_mature(run: MonthRun) -> str:
    """A month in whose run no truth comes in yet."""
    calendar = run.settings.calendar
    month = calendar.label_month(run.month)
    if calendar.has_features(month):
        return ""
    return f"no label is mature yet: {month} lies before the first month with a cohort"


def nothing_to_test(run: MonthRun) -> str:
    """A month in which no model can be judged on a month later than those it learnt from."""
    if run.settings.calendar.tested_month(run.month):
        return ""
    begins = run.settings.model.train_from
    if begins and run.month < begins:
        return f"training begins with {begins} (model.train_from)"
    return "history is too short to train on one month and test on a later one"


def no_model_yet(run: MonthRun) -> str:
    """A month before any model could be tested."""
    return NO_MODEL if nothing_to_test(run) else ""


def nobody_scored(run: MonthRun) -> str:
    is_scored = run.lake.has("score_churn", run.month)
    return "" if is_scored else f"no customer was scored: {NO_MODEL}"


def no_list(run: MonthRun) -> str:
    has_list = run.lake.has("out_warning_list", run.month)
    return "" if has_list else f"there is no list: {NO_MODEL}"


def no_complaints(run: MonthRun) -> str:
    is_delivered = "clean_complaint" in run.registry.tables
    return "" if is_delivered else "the profile delivers no complaints"


def has_customers(run: MonthRun) -> bool:
    """Whether the profile delivers the customer master."""
    return "customer" in run.registry.raw


def is_own_run(run: MonthRun) -> bool:
    """Whether the month itself is run, and not restated."""
    return run.restated_until is None
