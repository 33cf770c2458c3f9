"""Writes the page of the feature catalogue: one file, no network; its small script searches, filters and sorts."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from churn_tasks.core.pages import page_environment
from churn_tasks.report.catalogue import CatalogueContent, Entry, Row
from churn_tasks.report.catalogue_texts import ALARMS, DIRECTIONS, FAMILIES, REASONS
from churn_tasks.report.sparkline import shares_chart, sparkline

TEMPLATES = Path(__file__).parent / "templates"


def catalogue_page(content: CatalogueContent) -> str:
    """The page as HTML. Same content, same bytes."""
    labels = [str(month) for month in content.months]
    rows = [_shown(entry, labels) for entry in content.entries]
    template = _environment().get_template("catalogue.html.j2")
    return template.render(c=content, rows=rows, watch=content.settings.features.watch)


@cache
def _environment() -> Environment:
    style, own, script = (
        (TEMPLATES / name).read_text(encoding="utf-8")
        for name in ("style.css", "catalogue.css", "catalogue.js")
    )
    filters = {
        "number": number,
        "index": _index,
        "percent": _percent,
        "count": lambda value: f"{value:,}",
    }
    shared = {
        "families": FAMILIES,
        "alarms": ALARMS,
        "directions": DIRECTIONS,
        "reasons": REASONS,
    }
    return page_environment(
        TEMPLATES, filters, style=style + own, script=script, **shared
    )


def _shown(entry: Entry, labels: Sequence[str]) -> dict[str, Any]:
    """One row of the page: the entry with its charts drawn."""
    latest, judged, watch = entry.latest, entry.judged, entry.watch
    away = max(
        [
            0.1,
            *(abs(value - 0.5) for value in _series(entry, "auc") if value is not None),
        ]
    )
    return {
        "e": entry,
        "search": _searched(entry),
        "bins": _bin_rows(entry),
        "spread": _spread(entry, wide=False) if latest else "",
        "spread_wide": _spread(entry, wide=True) if latest else "",
        "missing": sparkline(labels, _series(entry, "missing_share"), low=0, high=0.1),
        "auc": sparkline(
            labels, _series(entry, "auc"), low=0.5 - away, high=0.5 + away, middle=0.5
        ),
        "psi": sparkline(
            labels,
            _series(entry, "psi"),
            low=0,
            high=watch.psi_alarm,
            middle=watch.psi_notice,
        ),
        "strength": abs((judged["auc"] or 0.5) - 0.5) if judged else 0,
    }


def _series(entry: Entry, name: str) -> list[float | None]:
    return [row[name] if row else None for row in entry.stats]


def _searched(entry: Entry) -> str:
    column = entry.column
    return " ".join(
        (
            column.name,
            column.zh,
            column.en,
            column.unit,
            column.group,
            entry.table,
            entry.folder,
        )
    ).lower()


def _spread(entry: Entry, *, wide: bool) -> str:
    now, before = _shares(entry.bins), _shares(entry.reference)
    if len(now) != len(before):
        before = now
    notes = [
        f"{bin_name(entry, row)}: {share:.1%} ({old:.1%})"
        for row, share, old in zip(entry.bins, now, before, strict=True)
    ]
    return shares_chart(now, before, notes, wide=wide)


def _shares(rows: Sequence[Row]) -> list[float]:
    total = sum(row["row_count"] for row in rows) or 1
    return [row["row_count"] / total for row in rows]


def _bin_rows(entry: Entry) -> list[dict[str, Any]]:
    """The bins as a table: name, share now and at first, churn rate where the truth is in."""
    before = _shares(entry.reference)
    made = []
    for place, (row, share) in enumerate(
        zip(entry.bins, _shares(entry.bins), strict=True)
    ):
        judged, left = row["judged_count"], row["leaver_count"]
        was = before[place] if place < len(before) else None
        rate = left / judged if judged else None
        if row["row_count"] or judged or was:
            made.append(
                {
                    "name": bin_name(entry, row),
                    "share": share,
                    "was": was,
                    "rate": rate,
                    "judged": judged,
                }
            )
    widest = (
        max((one["rate"] for one in made if one["rate"] is not None), default=0) or 1
    )
    return [{**one, "width": 100 * (one["rate"] or 0) / widest} for one in made]


def bin_name(entry: Entry, row: Row) -> str:
    """A bin in words that need no language: ``≤ 0``, ``0 … 12.5``, ``> 40``, ``= 3``, a text, or ``∅`` for no value."""
    if row["is_missing"]:
        return "∅"
    if entry.column.type == "text":
        return row["text_value"] if row["text_value"] is not None else "…"
    low, high = row["above"], row["up_to"]
    if low is None:
        return (
            "…"
            if high is None
            else "< 0"
            if -1e-300 < high < 0
            else f"≤ {number(high)}"
        )
    if high is None:
        return f"> {number(low)}"
    whole = entry.column.type in ("integer", "boolean")
    if (whole and high - low <= 1) or (high == 0 and -1e-300 < low < 0):
        return f"= {number(high)}"
    return f"{number(low)} … {number(high)}"


def number(value: float | None) -> str:
    """Three figures that count, thousands apart.

    >>> number(1234.5), number(0.012345), number(3.0), number(None), number(-5e-324)
    ('1,234', '0.0123', '3', '–', '0')
    """
    if value is None:
        return "–"
    if abs(value) < 1e-12:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _index(value: float | None) -> str:
    """An information value or a stability index: three decimals say enough."""
    return "–" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return (
        "–"
        if value is None
        else f"{100 * value:.3g}%"
        if 0 < value < 0.1
        else f"{100 * value:.1f}%"
    )
