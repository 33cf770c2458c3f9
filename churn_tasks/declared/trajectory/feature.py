"""One feature of a ``trajectory.yaml``: its name, and what ``query.yaml`` would declare of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from churn_tasks.declared.columns import ColumnType, FeatureColumn
from churn_tasks.declared.contracts import FeatureFile
from churn_tasks.declared.trajectory.file import (
    WORDS,
    Direction,
    Line,
    Measure,
    TrajectoryFile,
)
from churn_tasks.declared.trajectory.patterns import PATTERNS, Pattern
from churn_tasks.declared.trajectory.texts import TEXTS

OPPOSITE: dict[Direction, Direction] = {"up": "down", "down": "up", "none": "none"}
PROFILE = "month_profile"  # where a customer's region stands


@dataclass(frozen=True)
class Feature:
    """A line of the file with one of its patterns.

    Attributes:
        by: the pattern's name.
        other: the second measure of a share or rate.
    """

    line: Line
    by: str
    measure: Measure
    other: Measure | None

    @property
    def pattern(self) -> Pattern:
        return PATTERNS[self.by]

    @property
    def name(self) -> str:
        """The line's own name, or the measure's with the pattern's suffix."""
        if self.line.name:
            return self.line.name
        unit = WORDS[self.measure.unit]
        suffix = self.pattern.suffix.format(unit=unit, other=self.line.other)
        return f"{self.line.of}_{suffix}"

    @property
    def column(self) -> FeatureColumn:
        line, measure = self.line, self.measure
        return FeatureColumn(
            name=self.name,
            type=self._type,
            unit=line.unit or self._unit,
            family=line.family or measure.family,
            group=line.group or measure.group,
            expect=line.expect or self._expected,
            en=line.en or _as_sentence(self._in_words("en")),
            zh=line.zh or self._in_words("zh"),
        )

    @property
    def _type(self) -> ColumnType:
        if self.pattern.type == "same":
            return self.measure.type
        if self.pattern.type == "exact":
            return "decimal" if self.measure.type == "decimal" else "double"
        return self.pattern.type

    @property
    def _unit(self) -> str:
        units = {"unit": self.measure.unit}
        if self.other:
            units["other_unit"] = self.other.unit
        return self.pattern.unit.format(**units)

    @property
    def _expected(self) -> Direction:
        level = self.measure.expect
        if level == "none" or self.pattern.expect == "same":
            return level
        if self.pattern.expect == "opposite":
            return OPPOSITE[level]
        return self.pattern.expect

    def _in_words(self, language: Literal["en", "zh"]) -> str:
        """What the pattern says about the measures."""
        labels = {"m": getattr(self.measure, language)}
        if self.other:
            labels["o"] = getattr(self.other, language)
        text: str = getattr(TEXTS[self.by], language)
        return text.format(**labels)


def _as_sentence(text: str) -> str:
    """The text with a capital letter at its start and no other one changed."""
    return text[0].upper() + text[1:]


def features_of(file: TrajectoryFile) -> Iterator[Feature]:
    """Every feature of a file, in the order of its lines and their patterns."""
    for line in file.features:
        measure = file.measures[line.of]
        other = file.measures.get(line.other)
        for by in line.by:
            yield Feature(line, by, measure, other)


def output_of(file: TrajectoryFile) -> FeatureFile:
    """What ``query.yaml`` would declare."""
    reads = [table for table in file.tables if table not in file.optional]
    optional = list(file.optional)
    if file.looks_at_regions and PROFILE not in reads:
        reads.append(PROFILE)
        optional = [table for table in optional if table != PROFILE]
    sources = ("cohort", *reads)
    compared = (*sources, *optional) if file.looks_at_regions else ()
    features = [feature.column for feature in features_of(file)]
    return FeatureFile(
        table=file.table,
        key=("customer_id",),
        meaning=file.meaning,
        params=("month", "observe_start", "as_of"),
        reads=sources,
        needs=file.needs,
        optional=tuple(optional),
        unless=file.unless,
        across_customers=compared,
        columns=(file.customer, *features),
    )
