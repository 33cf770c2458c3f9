"""The page of a backtest in both languages: tables, and curves as inline SVG. No script, no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churn_tasks.core.modeling_section import ALL_MONTHS, CHAMPION
from churn_tasks.core.numbers import counted, or_nothing, percent, written
from churn_tasks.core.pages import page_environment
from churn_tasks.core.settings import Settings
from churn_tasks.report.charts import Series, lines
from churn_tasks.report.reliability_chart import reliability_chart

Row = Mapping[str, Any]
TEMPLATES = Path(__file__).parent / "templates"
STEPS = 40  # of a curve
SEGMENTS = {
    "region": ("区域", "region"),
    "group": ("客户分组", "group"),
    "tier": ("客户层级", "tier"),
    "kind": ("离网类型", "kind of leaving"),
    "tenure": ("在网月数", "tenure, months"),
    "pay_mode": ("付费方式", "pay mode"),
}
WAYS = {
    "capacity": ("名单容量", "places on the list"),
    "costs": ("成本", "costs"),
    "precision": ("目标准确度", "precision"),
    "false_alarms": ("误报率", "false alarms"),
}
SILENT = {
    "silent": ("截止时点已沉默", "already silent at as_of"),
    "not_silent": ("截止时点未沉默", "not silent"),
}


@dataclass(frozen=True)
class Ranking:
    """The ranking of the latest month, of those at risk; no customer is in it.

    Attributes:
        shares: lengths of lists in shares of those at risk, from the shortest to everybody.
        precision, coverage: of each of these lists.
        tenths: ``mean_score`` and ``churn_rate`` of customers in groups of equal size.
    """

    shares: list[float]
    precision: list[float]
    coverage: list[float]
    tenths: list[dict[str, float]]


def backtest_page(
    settings: Settings,
    definition: str,
    tables: Mapping[str, Sequence[Row]],
    ranking: Ranking,
) -> str:
    """The page as HTML; same figures, same bytes.

    Args:
        definition: name of the one whose truth judged the lists.
    """
    filters: dict[str, Callable[..., str]] = {
        "count": or_nothing(counted),
        "percent": or_nothing(percent),
        "figure": or_nothing(_figure),
    }
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    template = page_environment(TEMPLATES, filters, style=style).get_template(
        "backtest.html.j2"
    )
    months = [row["month"] for row in tables["decisions"]]
    return template.render(
        settings=settings,
        definition=definition,
        tables=tables,
        first=months[0],
        latest=months[-1],
        champion=CHAMPION,
        all=ALL_MONTHS,
        segments=SEGMENTS,
        silent=SILENT,
        ways=WAYS,
        by_month=month_curves(tables["months"]),
        down=ranking_chart(ranking),
        reliability=reliability_chart(ranking.tenths),
    )


def _figure(value: float) -> str:
    return written(value, "0.000")


def month_curves(rows: Sequence[Row]) -> list[str]:
    """The champion's figures over the months: ranking, list, and mean score beside the share that left."""
    own = [
        row for row in rows if row["model"] == CHAMPION and row["month"] != ALL_MONTHS
    ]
    months = [row["month"] for row in own]
    pairs = (
        (("AUC", "AUC", "auc"), ("平均精确率", "average precision", "average_precision")),
        (("准确度", "precision", "precision"), ("覆盖率", "coverage", "coverage")),
        (("平均评分", "mean score", "mean_score"), ("离网率", "churn rate", "churn_rate")),
    )  # fmt: skip
    charts = []
    for pair in pairs:
        series = []
        for zh, en, name in pair:
            series.append(Series(zh, en, [row[name] for row in own]))
        charts.append(lines(months, series, percent=pair[0][2] != "auc"))
    return charts


def ranking_chart(ranking: Ranking) -> str:
    """Precision and coverage of lists of every length."""
    last = len(ranking.shares) - 1
    places = [round(last * step / STEPS) for step in range(STEPS + 1)]
    shares = [percent(ranking.shares[place], 0) for place in places]
    precision = [ranking.precision[place] for place in places]
    coverage = [ranking.coverage[place] for place in places]
    series = [
        Series("准确度", "precision", precision),
        Series("覆盖率", "coverage", coverage),
    ]
    return lines(shares, series, percent=True)
