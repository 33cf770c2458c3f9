"""The look of the checks' pages: their templates, their style, and what the templates may say."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from churn_tasks.checks.bounds_text import allowed_text, between, figure, usual_text
from churn_tasks.checks.small_chart import small_chart
from churn_tasks.core.pages import both, page_environment

TEMPLATES = Path(__file__).parent / "templates"
STAGES = {
    "raw": ("原始数据", "Raw data"),
    "features": ("客户群与特征", "Population and features"),
    "relations": ("账期与数据表之间的关系", "Relations between months and tables"),
    "list": ("预警清单", "Warning list"),
}
FILTERS: dict[str, Callable[..., Any]] = {
    "bounds": allowed_text,
    "usual": usual_text,
    "figure": figure,
    "chart": small_chart,
}


def rendered(template: str, **content: Any) -> str:
    """A page of a template and what it is about."""
    return _environment().get_template(template).render(**content)


@cache
def page_style() -> str:
    """The stylesheet of all pages."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return page_environment(
        TEMPLATES,
        FILTERS,
        style=page_style(),
        stage_name=_stage_name,
        between=between,
    )


def _stage_name(stage: str) -> Markup:
    return both(*STAGES[stage])
