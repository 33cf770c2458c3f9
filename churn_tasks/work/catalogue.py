"""Distribution, drift and power of every feature of a month, and the page that shows them.

Columns are read a few at a time, so memory is bounded by the customers, not by the length of the catalogue.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from churn_tasks.core.errors import NotReady
from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import load_question
from churn_tasks.modeling.binning import psi
from churn_tasks.modeling.distribution import Bins, figures, tells
from churn_tasks.report.catalogue import gather_catalogue
from churn_tasks.report.catalogue_page import catalogue_page
from churn_tasks.runner.month_run import MonthRun

COLUMNS_AT_ONCE = 24
COUNTS = ("judged_count", "leaver_count")
POWER = ("auc", "auc_error", "iv")
Row = dict[str, Any]
Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Earlier:
    """What earlier months hold of one feature.

    Attributes:
        bins: those of the first month that has it.
        reference: that month.
        counts: rows in each bin in that month.
        before: rows in each bin in the month before this one; None when it was not there.
    """

    bins: Bins
    reference: date
    counts: np.ndarray
    before: np.ndarray | None


@dataclass(frozen=True)
class Feature:
    """One feature of a month.

    Attributes:
        values: of the month's cohort; floats with NaN, or texts with None.
        judged: of the cohort whose truth has just come in; None when there is none.
        churned: that truth, row by row.
    """

    column: FeatureColumn
    table: str
    values: np.ndarray
    judged: np.ndarray | None
    churned: np.ndarray | None


def judged_month(run: MonthRun) -> Month | None:
    """The month whose label has just matured, where it has features and the label is there."""
    month = run.settings.calendar.label_month(run.month)
    if not run.settings.calendar.has_features(month):
        return None
    needed = ["label", *_feature_tables(run)]
    is_there = all(run.lake.has(table, month) for table in needed)
    return month if is_there else None


def write_stats(run: MonthRun, judged: Month | None) -> dict[str, int]:
    """Write both tables of the month; returns the rows of each."""
    earlier = _earlier(run)
    stats: list[Row] = []
    bins: list[Row] = []
    for feature in _features(run, judged):
        name = feature.column.name
        about = {
            "feature": name,
            "table_name": feature.table,
            "judged_month": judged and judged.start,
        }
        stat, counts = _described(feature, earlier.get(name), run.month)
        stats.append({**about, **stat})
        bins.extend({"feature": name, **row} for row in counts)
    return {
        "feature_stat": _write(run, "feature_stat", stats),
        "feature_bin": _write(run, "feature_bin", bins),
    }


def _write(run: MonthRun, table: str, rows: list[Row]) -> int:
    return run.engine.write(table, run.month, pa.Table.from_pylist(rows))


def write_catalogue(settings: Settings) -> Path:
    """Write the page without a run: of every month in its latest version.

    Raises:
        NotReady: no month has been looked at yet.
    """
    reader = MonthRun(settings, settings.first_month, date.max)
    with closing(reader) as known:
        return write_page(known)


def write_page(known: MonthRun) -> Path:
    """Write ``<state>/catalogue/index.html`` of all months there are.

    Args:
        known: a reader of the versions to show.

    Raises:
        NotReady: no month has been looked at yet.
    """
    if not known.lake.months("feature_stat"):
        raise NotReady(
            "no month has a catalogue yet. Run first: churn step catalogue --month YYYY-MM"
        )
    page = catalogue_page(gather_catalogue(known.engine, known.settings))
    target = known.settings.catalogue_dir / "index.html"
    replace_text(target, page)
    return target


def _feature_tables(run: MonthRun) -> list[str]:
    return [query.output.table for query in run.registry.queries["features"]]


def _features(run: MonthRun, judged: Month | None) -> Iterator[Feature]:
    """Every feature of the month, a few columns at a time."""
    for query in run.registry.queries["features"]:
        table = query.output.table
        run.engine.views(table, "label")
        columns = [c for c in query.output.columns if isinstance(c, FeatureColumn)]
        for start in range(0, len(columns), COLUMNS_AT_ONCE):
            some = columns[start : start + COLUMNS_AT_ONCE]
            now = _values(run, table, some, run.month)
            then = _judged_values(run, table, some, judged) if judged else {}
            for column in some:
                name = column.name
                truth = then.get("churned")
                yield Feature(column, table, now[name], then.get(name), truth)


def _values(
    run: MonthRun, table: str, columns: Sequence[FeatureColumn], month: Month
) -> Values:
    """Some columns of a month's cohort."""
    sql = (
        f"SELECT {_selected(columns)} FROM {identifier(table)} AS f"
        " WHERE f.month = $month ORDER BY f.customer_id"
    )
    return _fetched(run, sql, month)


def _judged_values(
    run: MonthRun, table: str, columns: Sequence[FeatureColumn], month: Month
) -> Values:
    """Some columns of those whose fate counts, and ``churned``."""
    counted = "NOT coalesce(l.rotated, false)"
    if run.settings.definition.drop_left_early:
        counted += " AND NOT l.left_early"
    sql = (
        f"SELECT l.churned, {_selected(columns)} FROM {identifier(table)} AS f"
        " JOIN label AS l USING (customer_id, month)"
        f" WHERE {counted} AND f.month = $month ORDER BY f.customer_id"
    )
    return _fetched(run, sql, month)


def _selected(columns: Sequence[FeatureColumn]) -> str:
    parts = []
    for column in columns:
        kind = "VARCHAR" if column.type == "text" else "DOUBLE"
        name = identifier(column.name)
        parts.append(f"CAST(f.{name} AS {kind}) AS {name}")
    return ", ".join(parts)


def _fetched(run: MonthRun, sql: str, month: Month) -> Values:
    columns = run.engine.connection.execute(sql, {"month": month.start}).fetchnumpy()
    return {name: _plain(column) for name, column in columns.items()}


def _plain(column: np.ndarray) -> np.ndarray:
    """A column as DuckDB gives it, its mask turned into NaN or None."""
    if not isinstance(column, np.ma.MaskedArray):
        return column
    missing = np.nan if column.dtype.kind == "f" else None
    return column.filled(missing)


def _described(
    feature: Feature, earlier: Earlier | None, month: Month
) -> tuple[Row, list[Row]]:
    """The row of ``feature_stat`` and those of ``feature_bin`` of one feature."""
    bins = earlier.bins if earlier else Bins.of(feature.values)
    counts = bins.counts(feature.values)
    stat: Row = {**figures(feature.values), "reference_month": month.start}
    stat |= {"psi": None, "psi_before": None}
    if earlier:
        stat["reference_month"] = earlier.reference
        stat["psi"] = psi(earlier.counts, counts)
        if earlier.before is not None:
            stat["psi_before"] = psi(earlier.before, counts)
    rows = []
    for row, count in zip(bins.rows(), counts, strict=True):
        rows.append({**row, "row_count": int(count)})
    if feature.judged is None or feature.churned is None:
        unknown = dict.fromkeys(COUNTS)
        return stat | unknown | dict.fromkeys(POWER), [row | unknown for row in rows]
    power, judged, leavers = tells(bins, feature.judged, feature.churned)
    for row, everybody, left in zip(rows, judged, leavers, strict=True):
        row["judged_count"], row["leaver_count"] = int(everybody), int(left)
    return stat | power, rows


def _earlier(run: MonthRun) -> dict[str, Earlier]:
    """Of each feature the bins of the first month that has it, and of the month before."""
    before = (run.month - 1).start
    dates = {"month": run.month.start, "before": before}
    bins: dict[str, dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in run.engine.ask(load_question("catalogue", "earlier_bins"), dates):
        bins[row["feature"]][row["month"]].append(row)
    texts = {c.name for c in run.registry.features if c.type == "text"}
    return {
        name: _of_months(months, before, name in texts) for name, months in bins.items()
    }


def _of_months(
    months: Mapping[date, list[Row]], before: date, is_text: bool
) -> Earlier:
    reference = min(months)
    counts = {}
    for month, rows in months.items():
        counts[month] = np.array([row["row_count"] for row in rows])
    bins = Bins.read(months[reference], is_text=is_text)
    return Earlier(bins, reference, counts[reference], counts.get(before))
