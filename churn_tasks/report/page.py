"""Writes the page of a month and the index of all months. Same content, same bytes: no clock, no network, no script."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from churn_tasks.core.months import Month
from churn_tasks.core.pages import page_environment
from churn_tasks.core.settings import Settings
from churn_tasks.report import charts
from churn_tasks.report.content import Bin, Factor, MonthContent
from churn_tasks.report.outcome import total

TEMPLATES = Path(__file__).parent / "templates"
LEVELS = {"high": ("高", "High"), "medium": ("中", "Medium"), "low": ("低", "Low")}


def month_page(content: MonthContent) -> str:
    """The page of one month as HTML."""
    template = _environment().get_template("month.html.j2")
    return template.render(
        c=content,
        month=str(content.window.month),
        settings=content.settings,
        levels=LEVELS,
        score_chart=_score_chart(content),
        model_chart=_model_chart(content),
        churn_chart=_churn_chart(content),
        factor_charts=[(factor, _factor_chart(factor)) for factor in content.factors],
        total=total(content.results) if len(content.results) > 1 else None,
        widest=max((group.share for group in content.groups), default=1.0),
    )


def index_page(settings: Settings, months: Sequence[Month]) -> str:
    """The list of pages, latest month first."""
    names = [str(month) for month in sorted(months, reverse=True)]
    return (
        _environment()
        .get_template("index.html.j2")
        .render(settings=settings, months=names)
    )


@cache
def _environment() -> Environment:
    filters: dict[str, Callable[..., str]] = {
        "count": _count,
        "percent": _percent,
        "money": _money,
        "share": _share,
        "ratio": _ratio,
    }
    return page_environment(
        TEMPLATES, filters, style=(TEMPLATES / "style.css").read_text(encoding="utf-8")
    )


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _count(value: Any) -> str:
    return "–" if _missing(value) else f"{int(value):,}"


def _percent(value: Any) -> str:
    return "–" if _missing(value) else f"{value * 100:.1f}%"


def _share(value: Any) -> str:
    return "–" if _missing(value) else f"{value:.3f}"


def _ratio(value: Any) -> str:
    return "–" if _missing(value) else f"{value:.1f}"


def _money(value: Any) -> str:
    return "–" if _missing(value) else f"{float(value):,.2f}"


def _score_chart(content: MonthContent) -> str | None:
    if not content.score_bins:
        return None
    labels = [f"{place / 20:.2f}" for place in range(20)]
    notes = [
        f"{p / 20:.2f}-{(p + 1) / 20:.2f}: {count:,}"
        for p, count in enumerate(content.score_bins)
    ]
    return charts.columns(labels, content.score_bins, notes=notes)


def _churn_chart(content: MonthContent) -> str | None:
    if len(content.churn_by_month) < 2:
        return None
    labels = [str(Month.of(row["month"])) for row in content.churn_by_month]
    rates = [
        row["churners"] / row["customers"] if row["customers"] else None
        for row in content.churn_by_month
    ]
    delay = [
        row["left_in_delay"] / row["customers"] if row["customers"] else None
        for row in content.churn_by_month
    ]
    return charts.lines(
        labels,
        [
            charts.Series("预测期流失率", "churn rate", rates),
            charts.Series("延迟期离网率", "left in delay", delay),
        ],
        percent=True,
    )


def _model_chart(content: MonthContent) -> str | None:
    """Ranking quality by tested month of the best candidate of each run."""
    best = {
        str(Month.of(row["tested_month"])): row
        for row in content.judged
        if row["is_selected"]
    }
    if not best:
        return None
    names = {
        "auc": ("区分度 AUC", "AUC"),
        "average_precision": ("平均准确度 AP", "average precision"),
        "churn_rate": ("基准流失率", "base rate"),
    }
    series = [
        charts.Series(zh, en, [row[name] for row in best.values()])
        for name, (zh, en) in names.items()
    ]
    return charts.lines(list(best), series)


def _factor_chart(factor: Factor) -> str:
    labels = [_range(place) for place in factor.bins]
    notes = [f"{_range(p)}: {p.churners:,} / {p.customers:,}" for p in factor.bins]
    return charts.columns(
        labels, [place.churn_rate for place in factor.bins], percent=True, notes=notes
    )


def _range(place: Bin) -> str:
    if place.lowest is None or place.highest is None:
        return "无 n/a"
    low, high = _short(place.lowest), _short(place.highest)
    return low if low == high else f"{low}…{high}"


def _short(value: float) -> str:
    """At most two places behind the point, none from 100 on.

    >>> _short(0.126), _short(0.5), _short(1234.5), _short(-0.001)
    ('0.13', '0.5', '1,234', '0')
    """
    text = (
        f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
    )
    return "0" if text == "-0" else text
