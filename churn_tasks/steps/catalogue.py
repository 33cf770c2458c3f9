"""Step ``catalogue``: what every feature of the month looks like, how it moved, and the page of all of them.

In the run of 2024-07 (delay 1, predict 1) the distributions are those of 2024-07, and what a feature tells of leaving
is counted on 2024-05, whose truth has just come in. The bins of a feature are those of the first month that has it.
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

from churn_tasks.adapters.lake import Lake
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.modeling.binning import psi
from churn_tasks.modeling.distribution import Bins, figures, tells
from churn_tasks.report.catalogue import gather_catalogue
from churn_tasks.report.catalogue_page import catalogue_page
from churn_tasks.runner.month_run import MonthRun, StepReport, skipped, unchanged

COLUMNS_AT_ONCE = 24
Row = dict[str, Any]


@dataclass(frozen=True)
class Earlier:
    """What earlier months hold of one feature: its bins, the counts of the month they were made of, and of the last."""

    bins: Bins
    reference: date
    counts: np.ndarray
    before: np.ndarray | None


def run(run: MonthRun) -> StepReport:
    """Write ``feature_stat`` and ``feature_bin`` of the month, and the page of the catalogue.

    Raises:
        NotReady: a feature table of the month is not made yet.
    """
    if not run.settings.calendar.has_features(run.month):
        return skipped("catalogue", run, "history is shorter than the observe window")
    if run.restated_until and not run.lake.has("cohort", run.month):
        return skipped("catalogue", run, "the month itself has not been run yet")
    if not _has_news(run):
        for table in ("feature_stat", "feature_bin"):
            run.lake.remove(table, run.month)
        return unchanged("catalogue", run)
    report = StepReport("catalogue", str(run.month))
    run.require_all(["cohort", *_tables(run)], [run.month], made_by="features")
    judged, earlier = _judged_month(run), _earlier(run)
    stats: list[Row] = []
    bins: list[Row] = []
    for column, table, values, told in _columns(run, judged):
        stat, counted = _described(values, told, earlier.get(column.name), run.month)
        stats.append(
            {
                "feature": column.name,
                "table_name": table,
                "judged_month": judged and judged.start,
                **stat,
            }
        )
        bins += [{"feature": column.name, **row} for row in counted]
    report.rows = {
        name: _write(run, name, rows)
        for name, rows in (("feature_stat", stats), ("feature_bin", bins))
    }
    page = write_page(run.settings)
    report.facts = {
        "page": page.name,
        "bytes": page.stat().st_size,
        "judged_month": str(judged) if judged else None,
    }
    return report


def write_page(settings: Settings) -> Path:
    """Write ``<state>/catalogue/index.html`` of all months there are, each in its latest version.

    Raises:
        NotReady: no month has been looked at yet.
    """
    months = Lake(settings.lake_dir).months("feature_stat")
    if not months:
        raise NotReady(
            "no month has a catalogue yet. Run first: churn step catalogue --month YYYY-MM"
        )
    with closing(
        MonthRun(settings, months[-1], date.max)
    ) as known:  # a reader of every version there is
        page = catalogue_page(gather_catalogue(known.engine, settings))
    target = settings.catalogue_dir / "index.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".new")
    aside.write_text(page, encoding="utf-8")
    aside.replace(target)
    return target


def _tables(run: MonthRun) -> list[str]:
    return [query.output.table for query in run.registry.queries["features"]]


def _has_news(run: MonthRun) -> bool:
    """Whether a restated run finds another month than before; bins of earlier months count, for they are compared."""
    made = run.has_news(["cohort", *_tables(run)], [run.month])
    judged = run.has_news(
        ["label", *_tables(run)], [run.settings.calendar.label_month(run.month)]
    )
    return (
        made or judged or run.has_news(["feature_bin"], run.lake.months("feature_bin"))
    )


def _judged_month(run: MonthRun) -> Month | None:
    """The month whose label has just matured, where it has features and the label is there."""
    month = run.settings.calendar.label_month(run.month)
    is_there = run.lake.has("label", month) and all(
        run.lake.has(table, month) for table in _tables(run)
    )
    return month if run.settings.calendar.has_features(month) and is_there else None


def _columns(
    run: MonthRun, judged: Month | None
) -> Iterator[tuple[FeatureColumn, str, np.ndarray, Any]]:
    """Each feature with its table, its values, and the values and truth of the judged month."""
    for query in run.registry.queries["features"]:
        table = query.output.table
        run.engine.views(table, "label")
        features = [
            column
            for column in query.output.columns
            if isinstance(column, FeatureColumn)
        ]
        for start in range(0, len(features), COLUMNS_AT_ONCE):
            some = features[start : start + COLUMNS_AT_ONCE]
            now = _values(run, table, some, run.month)
            then = _values(run, table, some, judged, labelled=True) if judged else None
            for column in some:
                told = then and (then[column.name], then["churned"])
                yield column, table, now[column.name], told


def _values(
    run: MonthRun,
    table: str,
    columns: Sequence[FeatureColumn],
    month: Month,
    *,
    labelled: bool = False,
) -> dict[str, np.ndarray]:
    """Some columns of a month: floats with NaN, or texts with None. Labelled: of those whose fate counts."""
    types = {
        column.name: "VARCHAR" if column.type == "text" else "DOUBLE"
        for column in columns
    }
    selected = ", ".join(
        f'CAST(f."{name}" AS {kind}) AS "{name}"' for name, kind in types.items()
    )
    counted = "NOT coalesce(l.rotated, false)"
    counted += (
        " AND NOT l.left_in_delay" if run.settings.definition.drop_left_in_delay else ""
    )
    truth, joined = (
        "l.churned, ",
        f"JOIN label AS l USING (customer_id, month) WHERE {counted} AND",
    )
    sql = (
        f'SELECT {truth if labelled else ""}{selected} FROM "{table}" AS f {joined if labelled else "WHERE"}'
        " f.month = $month ORDER BY f.customer_id"
    )
    found = run.engine.connection.execute(sql, {"month": month.start}).fetchnumpy()
    return {name: _plain(column) for name, column in found.items()}


def _plain(column: np.ndarray) -> np.ndarray:
    """A column as DuckDB gives it, its mask turned into NaN or None."""
    if not isinstance(column, np.ma.MaskedArray):
        return column
    return column.filled(np.nan if column.dtype.kind == "f" else None)


def _described(
    values: np.ndarray, told: Any, earlier: Earlier | None, month: Month
) -> tuple[Row, list[Row]]:
    """The row of ``feature_stat`` and those of ``feature_bin`` of one feature."""
    bins = earlier.bins if earlier else Bins.of(values)
    counts = bins.counts(values)
    stat: Row = {
        **figures(values),
        "reference_month": earlier.reference if earlier else month.start,
    }
    stat["psi"] = psi(earlier.counts, counts) if earlier else None
    stat["psi_before"] = (
        psi(earlier.before, counts) if earlier and earlier.before is not None else None
    )
    rows = [
        {**row, "row_count": int(count)}
        for row, count in zip(bins.rows(), counts, strict=True)
    ]
    if told is None:
        missing = dict.fromkeys(("judged_count", "leaver_count"))
        return stat | missing | dict.fromkeys(("auc", "auc_error", "iv")), [
            row | missing for row in rows
        ]
    said, judged, leavers = tells(bins, *told)
    each = zip(rows, judged, leavers, strict=True)
    return stat | said, [
        row | {"judged_count": int(all_), "leaver_count": int(left)}
        for row, all_, left in each
    ]


def _earlier(run: MonthRun) -> dict[str, Earlier]:
    """Of each feature the bins of the first month that has it, and of the month before."""
    run.engine.view("feature_bin")
    sql = (
        "SELECT feature, month, place, up_to, text_value, row_count FROM feature_bin"
        " WHERE month < $month AND (month = $before OR month = first_month)"
        " ORDER BY feature, month, place"
    )
    first = "(SELECT *, min(month) OVER (PARTITION BY feature) AS first_month FROM feature_bin)"
    asked = {"month": run.month.start, "before": (run.month - 1).start}
    found: dict[str, dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in run.engine.records(
        sql.replace("FROM feature_bin", f"FROM {first}"), asked
    ):
        found[row["feature"]][row["month"]].append(row)
    texts = {column.name for column in run.registry.features if column.type == "text"}
    return {
        name: _of_months(months, asked["before"], name in texts)
        for name, months in found.items()
    }


def _of_months(
    months: Mapping[date, list[Row]], before: date, is_text: bool
) -> Earlier:
    reference = min(months)
    counts = {
        month: np.array([row["row_count"] for row in rows])
        for month, rows in months.items()
    }
    return Earlier(
        Bins.read(months[reference], is_text=is_text),
        reference,
        counts[reference],
        counts.get(before),
    )


def _write(run: MonthRun, table: str, rows: list[Row]) -> int:
    with run.engine.registered("made_rows", pa.Table.from_pylist(rows)):
        return run.engine.write(table, run.month, "SELECT * FROM made_rows")
