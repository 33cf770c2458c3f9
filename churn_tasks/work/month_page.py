"""What the page of a month shows: its figures, and the head of the list as readers see it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields, replace
from datetime import date
from typing import Any

from churn_tasks.adapters.warehouse import ListOutcome
from churn_tasks.core.months import Month
from churn_tasks.core.taken_out import taken_out, taken_out_of
from churn_tasks.report.content import MonthContent
from churn_tasks.report.gather import HEAD_ROWS, gather
from churn_tasks.report.outcome import ListResult
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.warning.playbook import load_playbook
from churn_tasks.work.acceptances import acceptances_of

ListRows = list[dict[str, Any]]
TWELVE = 12  # lists of a year
RECORDED = tuple(field.name for field in fields(ListOutcome))


def is_current(run: MonthRun) -> bool:
    """Whether the list that readers see was restated under the run's date."""
    listed = _published(run, limit=1)
    if not listed:
        return False
    return listed[0]["is_restated"] and listed[0]["known_until"] == run.restated_until


def month_content(run: MonthRun) -> MonthContent:
    """The figures of the month; the head of the list with masked numbers and its run."""
    listed = _published(run, limit=HEAD_ROWS)
    restated_until = _restated_until(run, listed)
    reasons = load_playbook(run.settings).reasons
    titles = {group: reason.title for group, reason in reasons.groups.items()}
    with closing(run.as_known(restated_until)) as known:
        content = gather(known.engine, run.settings, run.month, titles)
    content = replace(
        content,
        window=known.window,
        restated_until=restated_until,
        accepted=acceptances_of(run)(),
        taken_out=taken_out_of(run.settings.taken_out_file, run.month).persons,
        results=_as_published(run, content.results),
    )
    if not listed:
        return content
    return replace(
        content,
        listed=listed,
        run_id=listed[0]["run_id"],
        version=listed[0]["version"],
        seen_drop=_seen_drop(content),
        effects=_effects(run),
    )


def _seen_drop(content: MonthContent) -> tuple[float | None, float | None]:
    """What one list like this shows, and twelve of them together."""
    # here, so that walking over the steps does not import scipy
    from churn_tasks.effect.power import detectable

    called = content.drawn.get("treat", 0)
    held_out = content.drawn.get("hold_out", 0)
    rate = content.list_facts["mean_score"]
    one = detectable(called, held_out, rate)
    twelve = detectable(TWELVE * called, TWELVE * held_out, rate)
    return one, twelve


def _effects(run: MonthRun) -> ListRows:
    """What lists changed as the month's own run knew it; all lists together first."""
    return run.warehouse.read(
        "SELECT * FROM bi_effect WHERE month = %s"
        " ORDER BY array_position(ARRAY['all', 'month', 'cause', 'channel'], scope), name",
        (run.month.start,),
    )


def _as_published(run: MonthRun, results: Sequence[ListResult]) -> Sequence[ListResult]:
    """What lists came to; of a month out of which people were taken as it was recorded before."""
    months = taken_out(run.settings.taken_out_file)
    marked = [result for result in results if str(result.month) in months]
    if not marked:
        return results
    recorded = {}
    for row in run.warehouse.read(
        f"SELECT month, {', '.join(RECORDED)} FROM bi_result"
    ):
        recorded[Month.of(row.pop("month"))] = row
    shown = []
    for result in results:
        figures = recorded.get(result.month, {}) if result in marked else {}
        shown.append(replace(result, **figures))
    return shown


def _published(run: MonthRun, limit: int) -> ListRows:
    if not run.lake.has("out_warning_list", run.month):
        return []
    return run.warehouse.published(run.month, limit=limit)


def _restated_until(run: MonthRun, listed: ListRows) -> date | None:
    """Day up to which the page knows when the month is or was restated, and None for the month's own page."""
    days = [row["known_until"] for row in listed[:1] if row["is_restated"]]
    if run.restated_until:
        days.append(run.restated_until)
    return max(days, default=None)
