"""Step ``report``: the page of the month in Chinese and English, and the index of all months."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from churn_tasks.core.months import Month
from churn_tasks.report.content import MonthContent
from churn_tasks.report.gather import HEAD_ROWS, gather
from churn_tasks.report.page import index_page, month_page
from churn_tasks.runner.month_run import MonthRun, StepReport, unchanged
from churn_tasks.warning.playbook import load_playbook


def run(run: MonthRun) -> StepReport:
    """Write ``<month>.html`` and ``index.html``; a month without a list says why.

    The page of a month whose list was restated shows the restated list, and what was known for it, also when the month
    is run again.
    """
    page = run.settings.report_dir / f"{run.month}.html"
    if run.restated_until and not (page.is_file() and _is_current(run)):
        return unchanged("report", run)
    report = StepReport("report", str(run.month))
    page.parent.mkdir(parents=True, exist_ok=True)
    _replace(page, month_page(_content(run)))
    months = [Month.parse(path.stem) for path in page.parent.glob("[0-9]*.html")]
    _replace(page.parent / "index.html", index_page(run.settings, months))
    report.facts = {"page": page.name, "bytes": page.stat().st_size}
    return report


def _is_current(run: MonthRun) -> bool:
    """Whether the list that readers see was restated under the run's date."""
    published = (
        run.warehouse.published(run.month, limit=1)
        if run.lake.has("out_warning_list", run.month)
        else []
    )
    return (
        bool(published)
        and published[0]["is_restated"]
        and published[0]["known_until"] == run.restated_until
    )


def _content(run: MonthRun) -> MonthContent:
    """The figures of the month; the head of the list as readers see it, with masked numbers and its run."""
    has_list = run.lake.has("out_warning_list", run.month)
    published = run.warehouse.published(run.month, limit=HEAD_ROWS) if has_list else []
    restated_until = _restated_until(run, published)
    titles = {
        group: reason.title
        for group, reason in load_playbook(run.settings).reasons.groups.items()
    }
    with closing(
        MonthRun(run.settings, run.month, restated_until or run.window.known_until)
    ) as known:
        content = gather(known.engine, run.settings, run.month, titles)
        content = replace(content, window=known.window, restated_until=restated_until)
    if not published:
        return content
    return replace(
        content,
        listed=published,
        run_id=published[0]["run_id"],
        version=published[0]["version"],
    )


def _restated_until(run: MonthRun, published: list[dict[str, Any]]) -> date | None:
    """Day up to which the page knows when the month is or was restated, and None for the month's own page."""
    days = [row["known_until"] for row in published[:1] if row["is_restated"]]
    return max(
        [*days, run.restated_until] if run.restated_until else days, default=None
    )


def _replace(path: Path, text: str) -> None:
    """Written aside and renamed, so that nobody opens half a page."""
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
