"""Step ``report``: the page of the month in Chinese and English, and the index of all months."""

from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.report.page import index_page, month_page
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import whole_history
from churn_tasks.runner.protocol import UNCHANGED
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.month_page import is_current, month_content


@step(
    reads=(
        Read("cohort", whole_history),
        Read("label", whole_history),
        Read("out_warning_list", whole_history),
        Read("out_trigger", whole_history),
        Read("month_*", whole_history),
        Read("feat_*", whole_history),
        Read("score_*", whole_history),
        Read("out_validation", whole_history),
        Read("out_promotion", whole_history),
        Read("model_watch", whole_history),
        Read("audit_rows"),
        Read("drift"),
        Read("treatment"),
        Read("standardised"),
    ),
    restated="always",
)
def report(run: MonthRun) -> Made:
    """Write ``<month>.html`` and ``index.html``; a month without a list says why.

    The page of a month whose list was restated shows the restated list, and what was known for it, also when the month
    is run again.
    """
    folder = run.settings.report_dir
    page = folder / f"{run.month}.html"
    if run.restated_until and not (page.is_file() and is_current(run)):
        return Made(idle=UNCHANGED)
    replace_text(page, month_page(month_content(run)))
    months = [Month.parse(path.stem) for path in folder.glob("[0-9]*.html")]
    replace_text(folder / "index.html", index_page(run.settings, months))
    return Made(facts={"page": page.name, "bytes": page.stat().st_size})
