"""Step ``report``: the page of the month in Chinese and English, and the index of all months."""

from dataclasses import replace
from pathlib import Path

from churn_tasks.core.months import Month
from churn_tasks.report.content import MonthContent
from churn_tasks.report.gather import gather
from churn_tasks.report.page import index_page, month_page
from churn_tasks.steps.month_run import MonthRun, StepReport
from churn_tasks.warning.playbook import load_playbook


def run(run: MonthRun) -> StepReport:
    """Write ``<month>.html`` and ``index.html``; a month without a list says why."""
    report = StepReport("report", str(run.month))
    titles = {group: reason.title for group, reason in load_playbook(run.settings).reasons.groups.items()}
    content = gather(run.engine, run.settings, run.month, titles)
    if content.list_facts:
        content = _with_publication(run, content)
    folder = run.settings.report_dir
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{run.month}.html"
    _replace(page, month_page(content))
    months = [Month.parse(path.stem) for path in folder.glob("[0-9]*.html")]
    _replace(folder / "index.html", index_page(run.settings, months))
    report.facts = {"page": page.name, "bytes": page.stat().st_size}
    return report


def _with_publication(run: MonthRun, content: MonthContent) -> MonthContent:
    """The head of the list as readers see it: masked numbers and the run they come from."""
    published = run.warehouse.published(run.month, limit=len(content.listed))
    if not published:
        return content
    return replace(content, listed=published, run_id=published[0]["run_id"], version=published[0]["version"])


def _replace(path: Path, text: str) -> None:
    """Written aside and renamed, so that nobody opens half a page."""
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
