"""The SQL of a ``trajectory.yaml``, for a window of so many months.

One LEFT JOIN a source and month brings a customer's months side by side; everything else is arithmetic on one row, so
nothing is grouped and nothing depends on an order. Of three months::

    WITH months AS (        voice_out_0, voice_out_1, voice_out_2: the latest month first
    ), summed AS (          voice_out_all = voice_out_0 + voice_out_1 + voice_out_2, ...
    ) SELECT                voice_out_0 * 2 / nullif(voice_out_past, 0) AS voice_out_to_past_ratio
"""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from churn_tasks.declared.trajectory.feature import PROFILE, Feature, features_of
from churn_tasks.declared.trajectory.file import QUALIFIED, Measure, TrajectoryFile
from churn_tasks.declared.trajectory.months import NOTHING, PARTS, Months

WIDTH = 100  # of a line of SQL
FILLS = {"zero": "0", "observe_start": "$observe_start"}
REGIONAL = {"region": "sum", "region_known": "count"}


def sql_of(file: TrajectoryFile, months: int) -> str:
    """What ``query.sql`` would say.

    Args:
        months: of the observe window, at least 1.
    """
    return Statement(file, months).sql


@dataclass(frozen=True)
class Statement:
    """The SQL of one file for one length of window; every column that no feature asks for is left out."""

    file: TrajectoryFile
    months: int

    @property
    def sql(self) -> str:
        steps = {"months": self._side_by_side()}
        source, key = "months", "customer_id"
        if self._sums:
            sums = [f"{sql} AS {name}" for name, sql in self._sums.items()]
            steps["summed"] = select_of(["*", *sums], "FROM months")
            source = "summed"
        clauses = [f"FROM {source}"]
        if self._regional:
            columns = ["region_code", *self._regional]
            steps["regional"] = select_of(columns, *clauses, "GROUP BY region_code")
            on = f"regional.region_code = {source}.region_code"
            clauses.append(f"LEFT JOIN regional ON {on}")
            key = f"{source}.customer_id"
        common = ",\n\n".join(
            f"{name} AS (\n{_indented(select)}\n)" for name, select in steps.items()
        )
        final = select_of([key, *self._features], *clauses)
        return f"{self._comment()}\nWITH {common}\n\n{final}\n"

    @cached_property
    def _features(self) -> list[str]:
        features = features_of(self.file)
        return [f"{self._expression(each)} AS {each.name}" for each in features]

    def _expression(self, feature: Feature) -> str:
        pattern, line = feature.pattern, feature.line
        if self.months < pattern.months:
            return NOTHING
        measure = self._months_of(line.of)
        if not line.other:
            return pattern.sql(measure)
        return pattern.sql(measure, self._months_of(line.other), line.times)

    def _months_of(self, measure: str) -> Months:
        is_counted = self.file.measures[measure].empty == "zero"
        return Months(measure, self.months, is_counted)

    @cached_property
    def _regional(self) -> list[str]:
        """Sum and number of the latest month's values in the region, for each measure that is held against it."""
        compared = set()
        for feature in features_of(self.file):
            if feature.pattern.kind == "region":
                compared.add(feature.line.of)
        columns = []
        for measure in self.file.measures:
            if measure in compared:
                columns += [
                    f"{function}({measure}_0) AS {measure}_{part}"
                    for part, function in REGIONAL.items()
                ]
        return columns

    @cached_property
    def _asked(self) -> set[str]:
        """Every name that a feature or a region's sum asks for."""
        return _names([*self._features, *self._regional])

    @cached_property
    def _sums(self) -> dict[str, str]:
        """The sums and extremes of the months that are asked for: name to SQL."""
        sums = {}
        for measure in self.file.measures:
            months = self._months_of(measure)
            for part in PARTS:
                name = months.part(part)
                if name in self._asked:
                    sums[name] = months.made(part)
        return sums

    def _side_by_side(self) -> str:
        """The values of each measure, month by month."""
        columns = ["cohort.customer_id"]
        if self.file.looks_at_regions:
            columns.append("profile.region_code")
        asked = self._asked | _names(self._sums.values())
        for name, measure in self.file.measures.items():
            for ago in range(self.months):
                value = f"{name}_{ago}"
                if value in asked:
                    columns.append(f"{value_of(measure, ago)} AS {value}")
        joins = self._joins(" ".join(columns))
        return select_of(columns, "FROM cohort", *joins, "WHERE cohort.month = $month")

    def _joins(self, columns: str) -> list[str]:
        """The months of the sources that the columns read."""
        joins = []
        for alias, table in self.file.sources.items():
            for ago in range(self.months):
                name = f"{alias}_{ago}"
                if re.search(rf"\b{name}\.", columns):
                    joins.append(join_of(table, name, ago))
        if self.file.looks_at_regions:
            joins.append(join_of(PROFILE, "profile", ago=0))
        return joins

    def _comment(self) -> str:
        about = self.file.about or f"{self.file.meaning.en}."
        lines = about.strip().splitlines()
        lines.append(
            f"Made of trajectory.yaml for a window of {self.months} months:"
            f" _0 is the latest, _{self.months - 1} the earliest."
        )
        return "\n".join(f"-- {line.strip()}" for line in lines)


def _names(texts: Iterable[str]) -> set[str]:
    """Every word in SQL that may be a column's name."""
    return set(re.findall(r"[a-z_0-9]+", " ".join(texts)))


def value_of(measure: Measure, ago: int) -> str:
    """A measure of one month; each column is filled alone, so that a sum with one unknown side is the other side."""
    column = rf"\1_{ago}.\2"
    fill = FILLS.get(measure.empty)
    if fill:
        column = f"coalesce({column}, {fill})"
    return QUALIFIED.sub(column, measure.sql)


def join_of(table: str, name: str, ago: int) -> str:
    """LEFT JOIN of a table's month, so long ago, under a name."""
    month = f"CAST($month - INTERVAL {ago} MONTH AS DATE)" if ago else "$month"
    return (
        f"LEFT JOIN {table} AS {name}\n"
        f"    ON {name}.customer_id = cohort.customer_id AND {name}.month = {month}\n"
        f"    AND {name}.month >= $observe_start AND {name}.month < $as_of"
    )


def select_of(columns: list[str], *clauses: str) -> str:
    """SELECT of some columns, one a line, with what follows them."""
    listed = "    " + ",\n    ".join(map(_wrapped, columns))
    return "\n".join(["SELECT", listed, *clauses])


def _wrapped(column: str) -> str:
    """The same column with long lines broken at blanks; what holds a text stays as it is."""
    if "'" in column or "\n" in column:
        return column
    lines = textwrap.wrap(column, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n        ".join(lines)


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ", predicate=lambda _: True)
