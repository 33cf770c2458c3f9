"""The charts of a month's page: scores, churn and models over the months, and leavers over a feature's values."""

from collections.abc import Iterable, Mapping
from typing import Any

from churn_tasks.core.months import Month
from churn_tasks.core.numbers import counted, written
from churn_tasks.report import charts
from churn_tasks.report.content import SCORE_BINS, Bin, Factor, MonthContent

QUALITIES = {
    "auc": ("区分度 AUC", "AUC"),
    "average_precision": ("平均准确度 AP", "average precision"),
    "churn_rate": ("基准流失率", "base rate"),
}

WHEN_LEFT = {
    "warned_left_before_list": ("出单前", "before the list"),
    "warned_left_in_delay": ("延迟期", "in the delay"),
    "warned_churners": ("预测期", "in the window"),
    "warned_left_later": ("之后", "later"),
}
DAYS_TO_LEAVING = {
    "days_to_leaving_lower": ("下四分位", "lower quartile"),
    "days_to_leaving_median": ("中位数", "median"),
    "days_to_leaving_upper": ("上四分位", "upper quartile"),
}


def leaving_chart(content: MonthContent) -> str | None:
    """When the warned of each list left."""
    if not content.results:
        return None
    return charts.stacked(_months(content), _of_results(content, WHEN_LEFT))


def days_chart(content: MonthContent) -> str | None:
    """Days from each list to the leaving of its warned; none where no day is known."""
    series = _of_results(content, DAYS_TO_LEAVING)
    if all(value is None for one in series for value in one.values):
        return None
    return charts.lines(_months(content), series)


def _months(content: MonthContent) -> list[str]:
    return [str(result.month) for result in content.results]


def _of_results(
    content: MonthContent, names: Mapping[str, tuple[str, str]]
) -> list[charts.Series]:
    """A figure of every list as a series."""
    series = []
    for name, (zh, en) in names.items():
        values = [getattr(result, name) for result in content.results]
        series.append(charts.Series(zh, en, values))
    return series


def score_chart(content: MonthContent) -> str | None:
    """How many customers have which score."""
    if not content.score_bins:
        return None
    edges = [f"{place / SCORE_BINS:.2f}" for place in range(SCORE_BINS + 1)]
    ranges = zip(edges, edges[1:], content.score_bins, strict=False)
    notes = [f"{low}-{high}: {counted(count)}" for low, high, count in ranges]
    return charts.columns(edges[:-1], content.score_bins, notes=notes)


def churn_chart(content: MonthContent) -> str | None:
    """The share of leavers by month, and of those who left before anybody could act."""
    months = content.churn_by_month
    if len(months) < 2:
        return None
    labels = [str(Month.of(row["month"])) for row in months]
    churned = _shares(months, "churners")
    left_early = _shares(months, "left_early")
    series = [
        charts.Series("预测期流失率", "churn rate", churned),
        charts.Series("预测期前离网率", "left before the window", left_early),
    ]
    return charts.lines(labels, series, percent=True)


def _shares(rows: Iterable[Mapping[str, Any]], name: str) -> list[float | None]:
    """A count of each row as a share of its customers; None without any."""
    return [row[name] / row["customers"] if row["customers"] else None for row in rows]


def model_chart(content: MonthContent) -> str | None:
    """Ranking quality by tested month of the best candidate of each run."""
    best: dict[str, Mapping[str, Any]] = {}
    for row in content.judged:
        if row["is_selected"]:
            best[str(Month.of(row["tested_month"]))] = row
    if not best:
        return None
    series = [
        charts.Series(zh, en, [row[name] for row in best.values()])
        for name, (zh, en) in QUALITIES.items()
    ]
    return charts.lines(list(best), series)


def factor_chart(factor: Factor) -> str:
    """The share of leavers over the values of a feature."""
    labels = [_range(one) for one in factor.bins]
    rates = [one.churn_rate for one in factor.bins]
    notes = [_note(one) for one in factor.bins]
    return charts.columns(labels, rates, percent=True, notes=notes)


def _note(one: Bin) -> str:
    return f"{_range(one)}: {counted(one.churners)} / {counted(one.customers)}"


def _range(one: Bin) -> str:
    if one.lowest is None or one.highest is None:
        return "无 n/a"
    low, high = _short(one.lowest), _short(one.highest)
    return low if low == high else f"{low}…{high}"


def _short(value: float) -> str:
    """At most two places behind the point, none from 100 on.

    >>> _short(0.126), _short(0.5), _short(1234.5), _short(-0.001)
    ('0.13', '0.5', '1,234', '0')
    """
    if abs(value) >= 100:
        return counted(value)
    return written(value, "0.##")
