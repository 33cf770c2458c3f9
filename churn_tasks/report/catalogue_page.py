"""Writes the page of the feature catalogue: one file, no network; its small script searches, filters and sorts."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from jinja2 import Environment

from churn_tasks.core.numbers import (
    counted,
    or_nothing,
    percent,
    significant,
    written,
)
from churn_tasks.core.pages import page_environment
from churn_tasks.report.bin_names import bin_name, number
from churn_tasks.report.catalogue import CatalogueContent, Entry, Row
from churn_tasks.report.catalogue_texts import ALARMS, DIRECTIONS, FAMILIES, REASONS
from churn_tasks.report.sparkline import shares_chart, sparkline

TEMPLATES = Path(__file__).parent / "templates"
LEAST_REACH = 0.1  # of an AUC to both sides of chance


def catalogue_page(content: CatalogueContent) -> str:
    """The page as HTML. Same content, same bytes."""
    labels = [str(month) for month in content.months]
    rows = [_shown(entry, labels) for entry in content.entries]
    template = _environment().get_template("catalogue.html.j2")
    return template.render(c=content, rows=rows, watch=content.settings.features.watch)


@cache
def _environment() -> Environment:
    filters: dict[str, Callable[..., str]] = {
        "number": or_nothing(number),
        "index": or_nothing(_index),
        "percent": or_nothing(_percent),
        "count": counted,
    }
    return page_environment(
        TEMPLATES,
        filters,
        style=_text("style.css") + _text("catalogue.css"),
        script=_text("catalogue.js"),
        families=FAMILIES,
        alarms=ALARMS,
        directions=DIRECTIONS,
        reasons=REASONS,
    )


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _shown(entry: Entry, labels: Sequence[str]) -> dict[str, Any]:
    """One row of the page: the entry with its charts drawn."""
    return {
        "e": entry,
        "search": _searched(entry),
        "bins": _bin_rows(entry),
        "spread": _spread(entry, wide=False) if entry.latest else "",
        "spread_wide": _spread(entry, wide=True) if entry.latest else "",
        "missing": sparkline(labels, _series(entry, "missing_share"), low=0, high=0.1),
        "auc": _auc_chart(entry, labels),
        "psi": _psi_chart(entry, labels),
        "strength": _strength(entry),
    }


def _auc_chart(entry: Entry, labels: Sequence[str]) -> str:
    """Chance in the middle, both sides reaching equally far."""
    values = _series(entry, "auc")
    away = [abs(value - 0.5) for value in values if value is not None]
    reach = max([LEAST_REACH, *away])
    return sparkline(labels, values, low=0.5 - reach, high=0.5 + reach, middle=0.5)


def _psi_chart(entry: Entry, labels: Sequence[str]) -> str:
    watch = entry.watch
    return sparkline(
        labels,
        _series(entry, "psi"),
        low=0,
        high=watch.psi_alarm,
        middle=watch.psi_notice,
    )


def _strength(entry: Entry) -> float:
    """How far its AUC lies from chance, for sorting."""
    if not entry.judged:
        return 0
    return abs((entry.judged["auc"] or 0.5) - 0.5)


def _series(entry: Entry, name: str) -> list[float | None]:
    return [row[name] if row else None for row in entry.stats]


def _searched(entry: Entry) -> str:
    """The words by which the entry is found."""
    column = entry.column
    names = (column.name, column.zh, column.en, column.unit, column.group)
    return " ".join((*names, entry.table, entry.folder)).lower()


def _spread(entry: Entry, *, wide: bool) -> str:
    now, before = _shares(entry.bins), _shares(entry.reference)
    if len(now) != len(before):
        before = now
    notes = [
        f"{bin_name(entry, row)}: {percent(share)} ({percent(reference)})"
        for row, share, reference in zip(entry.bins, now, before, strict=True)
    ]
    return shares_chart(now, before, notes, wide=wide)


def _shares(rows: Sequence[Row]) -> list[float]:
    total = sum(row["row_count"] for row in rows) or 1
    return [row["row_count"] / total for row in rows]


def _bin_rows(entry: Entry) -> list[dict[str, Any]]:
    """The bins as a table: name, share now and at first, churn rate where the truth is in."""
    before = _shares(entry.reference)[: len(entry.bins)]
    shares = zip_longest(_shares(entry.bins), before)
    rows = []
    for row, (share, was) in zip(entry.bins, shares, strict=True):
        if row["row_count"] or row["judged_count"] or was:
            rows.append(_bin_row(entry, row, share, was))
    rates = [row["rate"] or 0 for row in rows]
    highest = max(rates, default=0) or 1
    widths = [100 * rate / highest for rate in rates]
    return [row | {"width": width} for row, width in zip(rows, widths, strict=True)]


def _bin_row(entry: Entry, row: Row, share: float, was: float | None) -> dict[str, Any]:
    judged = row["judged_count"]
    return {
        "name": bin_name(entry, row),
        "share": share,
        "was": was,
        "rate": row["leaver_count"] / judged if judged else None,
        "judged": judged,
    }


def _index(value: float) -> str:
    """An information value or a stability index: three decimals say enough."""
    return written(value, "0.000")


def _percent(value: float) -> str:
    """Below a tenth three figures that count, so that small shares can be told apart."""
    if 0 < value < 0.1:
        return f"{significant(100 * value, 3)}%"
    return percent(value)
