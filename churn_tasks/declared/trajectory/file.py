"""``trajectory.yaml``: a feature folder declared as measures and the patterns that are made of their months.

It says what ``query.sql`` and ``query.yaml`` say elsewhere, and both are made of it when the registry is loaded
(``sql.py``, ``feature.py``), so a feature that follows a pattern is a line of YAML and needs no Python and no SQL.
"""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Text, Words
from churn_tasks.core.currency import money_words
from churn_tasks.core.naming import not_among
from churn_tasks.declared.columns import Column
from churn_tasks.declared.trajectory.patterns import PATTERNS, Pattern

Direction = Literal["up", "down", "none"]
# The last word of a feature's name for each unit that a measure may have.
OTHER_WORDS = {
    "min": "min", "h": "hours", "MB": "mb", "GB": "gb", "count": "count",
    "days": "days", "months": "months", "share": "share", "ratio": "ratio", "1-5": "score", "0-10": "score",
    "points": "points",
}  # fmt: skip
WORDS = money_words() | OTHER_WORDS
MEASURE_NAME = re.compile(r"[a-z][a-z0-9_]*[a-z]")
QUALIFIED = re.compile(r"\b([a-z_][a-z0-9_]*)\.([a-z_][a-z0-9_]*)\b")
CUSTOMER = Column(
    name="customer_id", type="text", required=True, pii="quasi",
    en="Subscriber number of the source system", zh="源系统中的用户编号",
)  # fmt: skip


class Measure(Closed):
    """One value a customer and month.

    Attributes:
        sql: expression over columns of the sources, each written ``<alias>.<column>``.
        empty: what a month without a row, or a column without a value, stands for: ``zero`` for what is counted,
            ``unknown`` for what is read (a balance, a delay); of a date also ``observe_start``, the window's first day.
        expect: which level of the measure is expected to go with leaving: up, down or none.
        en, zh: what it is, as it stands in the middle of a sentence.
    """

    sql: str = Field(min_length=1)
    type: Literal["integer", "decimal", "date"] = "decimal"
    unit: str
    empty: Literal["zero", "unknown", "observe_start"]
    family: Literal["basic", "service", "consumption"] = "consumption"
    group: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    expect: Direction = "none"
    en: Words
    zh: Words

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.unit not in WORDS:
            raise ValueError(
                f"unit {self.unit!r} is not known; allowed are CNY and other currencies, {', '.join(OTHER_WORDS)}"
            )
        misfit = "zero" if self.type == "date" else "observe_start"
        if self.empty == misfit:
            raise ValueError(
                f"empty: {self.empty} does not fit type {self.type}; a date is unknown or observe_start"
            )
        return self

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(alias, column) of every column in the expression."""
        return QUALIFIED.findall(self.sql)


class Line(Closed):
    """Features of one measure: a feature for each pattern.

    Attributes:
        of: the measure.
        by: patterns, in the order of the columns.
        other: the second measure of a share or rate; ``in`` in the file.
        times: multiplies the first measure of ``per`` and ``cover``, such as 1000 for an amount a thousand units.
        name, en, zh, unit: where the ones that follow from the pattern would not do; for a single pattern alone.
        expect, group, family: where they differ from the measure's.
    """

    of: str
    by: tuple[str, ...] = Field(min_length=1)
    other: str = Field("", alias="in")
    times: int = Field(1, ge=1)
    name: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]*$")
    en: Words | None = None
    zh: Words | None = None
    unit: str | None = None
    expect: Direction | None = None
    group: str | None = None
    family: Literal["basic", "service", "consumption"] | None = None

    @model_validator(mode="after")
    def _patterns_are_known(self) -> Self:
        unknown = not_among(self.by, PATTERNS)
        if unknown:
            raise ValueError(
                f"by: {', '.join(unknown)}: no such pattern; allowed are {', '.join(PATTERNS)}"
            )
        return self

    @model_validator(mode="after")
    def _patterns_have_their_measures(self) -> Self:
        patterns = self.patterns.items()
        has_other = bool(self.other)
        wrong = [name for name, p in patterns if (p.kind == "two") != has_other]
        if wrong:
            raise ValueError(
                f"by: {', '.join(wrong)}: patterns of two measures need `in`, the others must not have it"
            )
        return self

    @model_validator(mode="after")
    def _texts_are_of_one_feature(self) -> Self:
        is_one = len(self.by) == 1
        if not is_one and (self.name or self.en or self.zh or self.unit):
            raise ValueError(
                "name, en, zh and unit are of one feature: give them to a line with a single pattern"
            )
        if (self.en is None) != (self.zh is None):
            raise ValueError("en and zh come together")
        return self

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it names: one, or two of a share or rate."""
        if self.other:
            return (self.of, self.other)
        return (self.of,)

    @property
    def patterns(self) -> dict[str, Pattern]:
        return {name: PATTERNS[name] for name in self.by}


class TrajectoryFile(Closed):
    """A whole ``trajectory.yaml``.

    Attributes:
        about: opens the SQL as its comment; the English meaning when absent.
        sources: alias to the ``month_*`` table it stands for, with one row a customer and month.
        optional: of these tables those that a profile may lack; their months are then empty.
        needs, unless: as in ``query.yaml``.
        customer: how the key is described, where a profile's customers have no subscriber number.
    """

    table: str = Field(pattern=r"^feat_[a-z][a-z0-9_]*$")
    meaning: Text
    about: str = ""
    sources: dict[str, str] = Field(min_length=1)
    optional: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    customer: Column = CUSTOMER
    measures: dict[str, Measure] = Field(min_length=1)
    features: tuple[Line, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        unfit = [name for name in self.measures if not MEASURE_NAME.fullmatch(name)]
        if unfit:
            raise ValueError(
                f"measures: {', '.join(unfit)}: names are lower case and end in a letter"
            )
        strange = [t for t in self.sources.values() if not t.startswith("month_")]
        if strange:
            raise ValueError(
                f"sources: {', '.join(strange)}: features read month_* tables alone"
            )
        lost = not_among(self.optional, self.tables)
        if lost:
            raise ValueError(
                f"optional: {', '.join(lost)}: not among sources, which are {', '.join(self.tables)}"
            )
        return self

    @model_validator(mode="after")
    def _measures_read_sources(self) -> Self:
        for name, measure in self.measures.items():
            problem = self._reading_problem(measure)
            if problem:
                raise ValueError(
                    f"measures.{name}.sql {problem}; write <alias>.<column> with {', '.join(self.sources)}"
                )
        return self

    def _reading_problem(self, measure: Measure) -> str:
        """Why a measure cannot be read from the sources; empty when it can."""
        if not measure.columns:
            return f"{measure.sql!r} reads no column"
        aliases = sorted({alias for alias, _ in measure.columns})
        unknown = not_among(aliases, self.sources)
        return f"reads {', '.join(unknown)}" if unknown else ""

    @model_validator(mode="after")
    def _features_use_measures(self) -> Self:
        used: set[str] = set()
        for number, line in enumerate(self.features):
            unknown = not_among(line.measures, self.measures)
            if unknown:
                raise ValueError(
                    f"features.{number}: no measure {unknown[0]}; there are {', '.join(self.measures)}"
                )
            self._refuse_unfit_dates(number, line)
            used.update(line.measures)
        idle = self.measures.keys() - used
        if idle:
            raise ValueError(
                f"measures: no feature is made of {', '.join(sorted(idle))}"
            )
        return self

    def _refuse_unfit_dates(self, number: int, line: Line) -> None:
        is_date = self.measures[line.of].type == "date"
        patterns = line.patterns.items()
        wrong = [name for name, p in patterns if (p.kind == "date") != is_date]
        if wrong:
            raise ValueError(
                f"features.{number}.by: {', '.join(wrong)}: dates take gap alone, and gap only dates"
            )

    @property
    def tables(self) -> list[str]:
        """The source tables, each once."""
        return list(dict.fromkeys(self.sources.values()))

    @property
    def looks_at_regions(self) -> bool:
        for line in self.features:
            for pattern in line.patterns.values():
                if pattern.kind == "region":
                    return True
        return False
