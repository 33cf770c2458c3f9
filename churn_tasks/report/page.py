"""Writes the page of a month and the index of all months. Same content, same bytes: no clock, no network, no script."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from churn_tasks.core.months import Month
from churn_tasks.core.numbers import counted, or_nothing, percent, written
from churn_tasks.core.pages import page_environment
from churn_tasks.core.settings import Settings
from churn_tasks.report.content import LEVELS, MonthContent
from churn_tasks.report.month_charts import (
    churn_chart,
    days_chart,
    factor_chart,
    leaving_chart,
    model_chart,
    score_chart,
)
from churn_tasks.report.outcome import total
from churn_tasks.report.reliability_chart import reliability_chart
from churn_tasks.report.watched import (
    MEASURES,
    findings_of,
    shadow_months,
    watched_months,
)

TEMPLATES = Path(__file__).parent / "templates"
TAKEN_OUT = re.compile(r'<p class="notice" id="taken-out">.*?</p>\n', re.DOTALL)


def month_page(content: MonthContent) -> str:
    """The page of one month as HTML."""
    template = _environment().get_template("month.html.j2")
    page = template.render(
        c=content,
        month=str(content.window.month),
        settings=content.settings,
        levels=LEVELS,
        score_chart=score_chart(content),
        model_chart=model_chart(content),
        churn_chart=churn_chart(content),
        leaving_chart=leaving_chart(content),
        days_chart=days_chart(content),
        tenths_chart=reliability_chart(content.tenths) if content.tenths else None,
        factor_charts=[(factor, factor_chart(factor)) for factor in content.factors],
        total=total(content.results) if len(content.results) > 1 else None,
        watched=watched_months(content.watched),
        shadows=shadow_months(content.watched),
        findings=findings_of(content.watched, content.window.month),
        measures=MEASURES,
        widest=max((group.share for group in content.groups), default=1.0),
    )
    return with_notice(page, content.taken_out) if content.taken_out else page


def index_page(settings: Settings, months: Sequence[Month]) -> str:
    """The list of pages, latest month first."""
    names = [str(month) for month in sorted(months, reverse=True)]
    template = _environment().get_template("index.html.j2")
    return template.render(settings=settings, months=names)


def with_notice(page: str, persons: int) -> str:
    """A page that says how many people were taken out of its month since; its figures stay as they are."""
    notice = _environment().get_template("taken_out.html.j2").render(persons=persons)
    without = TAKEN_OUT.sub("", page)
    return without.replace("</header>", f"{notice}</header>", 1)


@cache
def _environment() -> Environment:
    filters: dict[str, Callable[..., str]] = {
        "count": or_nothing(_count),
        "percent": or_nothing(percent),
        "money": or_nothing(_money),
        "share": or_nothing(_share),
        "ratio": or_nothing(_ratio),
        "days": or_nothing(_days),
    }
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return page_environment(TEMPLATES, filters, style=style)


def _count(value: Any) -> str:
    return counted(int(value))


def _money(value: Any) -> str:
    return written(value, "#,##0.00")


def _share(value: float) -> str:
    return written(value, "0.000")


def _ratio(value: float) -> str:
    return written(value, "0.0")


def _days(value: float) -> str:
    return written(value, "0.#")
