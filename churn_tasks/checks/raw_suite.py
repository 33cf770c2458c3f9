"""The measures of one raw table that are judged, each with its stated and its learnt bounds.

Stated bounds come from the contract (least rows, largest share of rejected rows) and from the settings (volume against
the accepted month before). Learnt ones come from the accepted months. Values, quantiles and regions that are not judged
one by one are judged together: ``shift`` is how much of a column's rows went to other values, ``region_rows`` and
``region_mean`` are the region that moved most.
"""

import math
import statistics
from collections.abc import Iterator
from dataclasses import replace

from churn_tasks.checks.baseline import Baseline
from churn_tasks.checks.bounds import Band, Learnt, Past, Scale, error_of_share
from churn_tasks.checks.measures import Measure, Suite, measured_rules
from churn_tasks.checks.profile import Figure, is_code, is_number
from churn_tasks.checks.shifts import most_moved, shift
from churn_tasks.checks.texts import measure_text
from churn_tasks.declared.contracts import Column, RawTable

Judged = tuple[Measure, float]


def raw_suite(
    table: RawTable, figures: list[Figure], baseline: Baseline
) -> tuple[Suite, dict[str, float]]:
    """The suite of a raw table and the figures it judges, by ``<table>.<measure>`` as the gate names them."""
    builder = _Builder(table, figures, baseline)
    judged = [
        *builder.of_the_table(),
        *(each for c in table.delivered_columns for each in builder.of_a_column(c)),
    ]
    name = f"raw_{table.table}"
    values = {f"{name}.{measure.name}": value for measure, value in judged}
    return Suite(name, [measure for measure, _ in judged]), values


class _Builder:
    """Measures of one table, one kind after the other."""

    def __init__(
        self, table: RawTable, figures: list[Figure], baseline: Baseline
    ) -> None:
        self.table = table
        self.figures = figures
        self.baseline = baseline
        self.quality = baseline.quality
        self.by_name = {
            (f.column, f.measure): f for f in figures if not f.region and not f.item
        }
        self.rows = self.value("", "rows")
        self.months = baseline.months(table.table)

    def value(self, column: str, measure: str) -> float:
        figure = self.by_name.get((column, measure))
        return figure.value if figure else 0.0

    def usual(self, column: str, measure: str) -> float:
        """The middle of the accepted months: a fault of this month must not widen its own bounds."""
        past = self._past(column, measure).values
        return statistics.median(past) if past else self.value(column, measure)

    def of_the_table(self) -> Iterator[Judged]:
        yield self._rows()
        yield from self._volume()
        for name, rule in measured_rules(self.table).items():
            learnt = self._learn("", name, "share", stops=False)
            usual = Band(None, learnt.usual.high if learnt else None)
            yield (
                Measure(
                    name,
                    "",
                    f"Rows set aside: {rule.en}.",
                    highest=rule.max_share,
                    zh=f"被隔离的记录：{rule.zh}。",
                    usual_highest=min(usual.high, rule.max_share)
                    if usual.high is not None
                    else None,
                    learnt_months=learnt.months if learnt else 0,
                ),
                self.value("", name),
            )
        if learnt := self._learn(
            "", "repeated_share", "share", stops=False
        ):  # doubles are merged in the next step
            text = measure_text(self.table, "", "repeated_share")
            yield (
                _measure("", "repeated_share", text, learnt, upwards=True),
                self.value("", "repeated_share"),
            )
        moved = most_moved(
            self.table.table,
            "",
            "rows",
            self.figures,
            self.baseline,
            self.quality.min_rows,
        )
        if moved and (learnt := self._taught("region_rows", moved.past, "amount")):
            text = (
                f"变化最大的大区 {moved.region} 的记录占比与往月之比",
                f"share of region {moved.region}, moved most",
            )
            yield _measure("", "region_rows", text, learnt), moved.value

    def _rows(self) -> Judged:
        error = math.sqrt(max(self.rows, 1))
        learnt = self.baseline.learn(
            self._name("", "rows"), self._past("", "rows", error), "amount"
        )
        stated = float(self.table.min_rows)
        measure = Measure(
            "rows",
            "",
            "Rows of the month; an empty delivery stops here.",
            zh="当月记录数；未交付即停下。",
        )
        if learnt:
            measure = _measure("", "rows", measure_text(self.table, "", "rows"), learnt)
        low = max(stated, measure.lowest or 0.0)
        usual = None if measure.usual_lowest is None else max(measure.usual_lowest, low)
        return replace(measure, lowest=low, usual_lowest=usual), self.rows

    def _volume(self) -> Iterator[Judged]:
        """Only against the month right before: a season lies between a month and one further back."""
        last = self.baseline.month - 1
        before = (
            self.baseline.parts(self.table.table, "", "rows")
            .get(("", ""), {})
            .get(last)
        )
        if not before:
            return
        chance = (
            self.quality.warn.chance * math.sqrt(self.rows + before) / before
        )  # six complaints may become fifteen
        low, high = self.quality.volume
        yield (
            Measure(
                "volume_ratio",
                "",
                f"Rows against the month before, {last}, which was accepted.",
                lowest=max(min(low, 1 - chance), 0.0),
                highest=max(high, 1 + chance),
                zh=f"与上月（{last}，已合格）的记录数之比。",
            ),
            self.rows / before,
        )

    def of_a_column(self, column: Column) -> Iterator[Judged]:
        name = column.name
        if not column.required:
            yield from self._one(
                column,
                "null_share",
                "share",
                error_of_share(self.value(name, "null_share"), self.rows),
            )
        if self._filled(name) < self.quality.min_rows:
            return
        if is_number(column):
            error = self._error_of_mean(name)
            yield from self._one(
                column,
                "negative_share",
                "share",
                error_of_share(0.0, self._filled(name)),
                stops=False,
            )
            yield from self._one(column, "mean", "amount", error)
            unit = max(
                1.0 if column.type == "integer" else 0.01,
                0.05 * abs(self.usual(name, "p95")),
            )
            half = max(
                unit, 0.75 * (self.usual(name, "p75") - self.usual(name, "p25"))
            )  # tariffs have few amounts
            yield from self._one(
                column, "p50", "amount", error * 1.3, half, stops=False
            )
            tail = max(
                unit, 0.25 * (self.usual(name, "p99") - self.usual(name, "p75"))
            )  # and packs hold 12, 24, 36
            yield from self._one(
                column, "p95", "amount", error * 2.2, tail, stops=False
            )
            yield from self._region_mean(column)
        elif is_code(column):
            yield from self._shift(column)
        elif column.type == "text" and self._same_sample():
            error = math.sqrt(max(self.value(name, "distinct"), 1))
            yield from self._one(column, "distinct", "amount", error, stops=False)

    def _one(
        self,
        column: Column,
        measure: str,
        scale: Scale,
        error: float,
        unit: float = 0.0,
        *,
        stops: bool = True,
    ) -> Iterator[Judged]:
        if (
            column.name,
            measure,
        ) not in self.by_name or self.rows < self.quality.min_rows:
            return
        past = self._past(column.name, measure, error, unit)
        if learnt := self.baseline.learn(
            self._name(column.name, measure), past, scale, stops=stops
        ):
            text = measure_text(self.table, column.name, measure)
            yield (
                _measure(column.name, measure, text, learnt),
                self.value(column.name, measure),
            )

    def _shift(self, column: Column) -> Iterator[Judged]:
        moved = shift(
            self.table.table,
            column.name,
            self.figures,
            self.baseline,
            self._filled(column.name),
        )
        if moved and (
            learnt := self._taught(f"{column.name}.shift", moved.past, "distance")
        ):
            text = (
                f"{column.name}：取值分布偏离往月的比例，变化最大的取值为 {moved.item}",
                f"{column.name}: share of rows that went to other values, most of all {moved.item}",
            )
            yield (
                _measure(column.name, "shift", text, learnt, upwards=True),
                moved.value,
            )

    def _region_mean(self, column: Column) -> Iterator[Judged]:
        least = self.quality.min_rows
        moved = most_moved(
            self.table.table, column.name, "mean", self.figures, self.baseline, least
        )
        if moved and (
            learnt := self._taught(f"{column.name}.region_mean", moved.past, "amount")
        ):
            text = (
                f"{column.name}：变化最大的大区 {moved.region} 的均值与往月之比",
                f"{column.name}: mean of region {moved.region}, which moved most, against earlier months",
            )
            yield _measure(column.name, "region_mean", text, learnt), moved.value

    def _filled(self, column: str) -> float:
        return self.value("", "kept") * (1 - self.value(column, "null_share"))

    def _same_sample(self) -> bool:
        """Whether as large a part of the rows was looked at closely as in the accepted months."""
        found = self.baseline.parts(self.table.table, "", "close_share").get(
            ("", ""), {}
        )
        now = _parts(self.value("", "close_share"))
        return all(
            _parts(found[month]) == now for month in self.months if month in found
        )

    def _error_of_mean(self, column: str) -> float:
        """From the usual quantiles, as if the values were spread like a bell between them."""
        p01, p05, p95, p99 = (
            self.usual(column, name) for name in ("p01", "p05", "p95", "p99")
        )
        return max((p95 - p05) / 3.3, (p99 - p01) / 4.65) / math.sqrt(
            max(self._filled(column), 1.0)
        )

    def _past(
        self, column: str, measure: str, error: float = 0.0, unit: float = 0.0
    ) -> Past:
        figure = self.by_name.get((column, measure))
        return self.baseline.past(figure, error, unit) if figure else Past(())

    def _learn(
        self, column: str, measure: str, scale: Scale, *, stops: bool = True
    ) -> Learnt | None:
        if self.rows < self.quality.min_rows:
            return None
        past = self._past(
            column, measure, error_of_share(self.value(column, measure), self.rows)
        )
        return self.baseline.learn(
            self._name(column, measure), past, scale, stops=stops
        )

    def _taught(self, name: str, past: Past, scale: Scale) -> Learnt | None:
        return self.baseline.learn(f"{self.table.table}.{name}", past, scale)

    def _name(self, column: str, measure: str) -> str:
        return ".".join(part for part in (self.table.table, column, measure) if part)


def _measure(
    column: str,
    measure: str,
    text: tuple[str, str],
    learnt: Learnt,
    *,
    upwards: bool = False,
) -> Measure:
    zh = f"{text[0]}；学自 {learnt.months} 个合格月份，中位值 {learnt.middle:.6g}。"
    en = f"{text[1]}; learnt from {learnt.months} accepted months, middle {learnt.middle:.6g}."
    return Measure(
        name=f"{column}.{measure}" if column else measure,
        sql="",
        meaning=en[0].upper() + en[1:] if not column else en,
        lowest=None if upwards else learnt.allowed.low,
        highest=learnt.allowed.high,
        zh=zh,
        usual_lowest=None if upwards else learnt.usual.low,
        usual_highest=learnt.usual.high,
        learnt_months=learnt.months,
        column=column,
    )


def _parts(share: float) -> int:
    """Of how many parts one was looked at: a share of 0.0157 means 64.

    >>> _parts(1.0), _parts(0.0157), _parts(0.0)
    (1, 64, 0)
    """
    return 2 ** round(-math.log2(share)) if share > 0 else 0
