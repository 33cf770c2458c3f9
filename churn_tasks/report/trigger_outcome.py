"""Triggers judged like a model: what those of each month came to, once the truth of the month was in."""

from dataclasses import dataclass

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.labels.query import signs_without_a_day
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_engine import SqlEngine
from churn_tasks.report.outcome import list_windows


@dataclass(frozen=True)
class TriggerResult:
    """What one trigger came to. Customers who changed lines are left out of all counts.

    Attributes:
        month: None for all months together, where a customer counts once for each month.
        trigger: None for customers with any trigger.
        at_risk, leavers: customers of the cohort whose truth is known, and those of them who left from as_of up to the
            end of the predict window.
        customers, left_count: for whom the trigger was raised, and those of them who left.
        left_in_time_count: who left ``warning_list.lead_days`` days after the month was known or later, when a call
            could still have kept them; None where the definition of leaving knows no days.
        beside_count, beside_left_count: the same for customers who were not on the list of a month that has one.
        days_to_leaving_median: from the event to the leaving; an event that knows only its month counts from the first.
    """

    month: Month | None
    trigger: str | None
    at_risk: int
    leavers: int
    customers: int
    left_count: int
    left_in_time_count: int | None
    beside_count: int
    beside_left_count: int
    days_to_leaving_median: float | None

    @property
    def precision(self) -> float:
        """Share of the customers with the trigger who left: 0 none, 1 all."""
        return self.left_count / self.customers

    @property
    def coverage(self) -> float | None:
        """Share of those who left for whom the trigger was raised; None when nobody left."""
        return self.left_count / self.leavers if self.leavers else None

    @property
    def lift(self) -> float | None:
        """Precision over the share of everybody who left: 1 is no better than chance; None when nobody left."""
        if not self.leavers:
            return None
        return self.precision / (self.leavers / self.at_risk)

    @property
    def beside_precision(self) -> float | None:
        """The same for customers beside the list: what the trigger adds to the model; None without any."""
        if not self.beside_count:
            return None
        return self.beside_left_count / self.beside_count


def trigger_outcomes(
    engine: SqlEngine, settings: Settings, run_month: Month
) -> list[TriggerResult]:
    """Every month whose truth was in when ``run_month`` ran, then all together; of each the triggers by name, then any.

    Empty where no trigger was raised in these months.
    """
    last = settings.calendar.label_month(run_month)
    if last < settings.first_month:
        return []
    question = load_question("report", "trigger_outcome")
    is_dated = not signs_without_a_day(settings)
    with engine.registered("list_window", list_windows(settings, last)):
        answer = engine.ask(question, {"label_month": last.start})
    results = []
    for row in answer:
        start = row.pop("month")
        if not is_dated:
            row["left_in_time_count"] = None
        results.append(TriggerResult(Month.of(start) if start else None, **row))
    return results


def of_all_months(results: list[TriggerResult]) -> list[TriggerResult]:
    """The rows over all months, the most precise trigger first, customers with any trigger last."""
    together = [row for row in results if row.month is None]
    named = [row for row in together if row.trigger is not None]
    named.sort(key=lambda row: (-row.precision, -row.customers, row.trigger or ""))
    return [*named, *(row for row in together if row.trigger is None)]
