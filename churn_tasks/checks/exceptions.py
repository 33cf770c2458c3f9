"""What a profile's settings say of single measures: other widths, other stated bounds, or nothing to be judged."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from churn_tasks.checks.measures import POPULATION, Measure, Suite, measured_rules
from churn_tasks.checks.relations import RELATION, RELATIONS
from churn_tasks.checks.texts import WORDS
from churn_tasks.core.errors import SettingsError
from churn_tasks.declared.contracts import RawTable

if TYPE_CHECKING:
    from churn_tasks.core.sections import Quality

RAW = "raw_"


def setting_name(table: str, measure: str) -> str:
    """A measure as the settings name it: its table without what the lake puts before it.

    >>> setting_name("raw_complaint", "rows"), setting_name("cohort", "size_ratio")
    ('complaint.rows', 'cohort.size_ratio')
    """
    return f"{table.removeprefix(RAW)}.{measure}"


def is_adjustable(table: str, measure: str) -> bool:
    """Whether settings may move the bounds of a measure, and people accept it: others mean that a table is broken."""
    if table.startswith(RAW) or table == RELATION:
        return True
    return (table, measure) == POPULATION


def with_stated(suite: Suite, quality: "Quality") -> Suite:
    """The suite with the bounds that the settings state in place of those that would stop."""
    measures = [_stated(suite.table, measure, quality) for measure in suite.measures]
    return Suite(suite.table, measures)


def _stated(table: str, measure: Measure, quality: "Quality") -> Measure:
    if not is_adjustable(table, measure.name):
        return measure
    name, stated = setting_name(table, measure.name), (measure.lowest, measure.highest)
    lowest, highest = quality.allowed_of(name, stated)
    return replace(measure, lowest=lowest, highest=highest)


def refuse_unknown(quality: "Quality", tables: Iterable[RawTable]) -> None:
    """Refuse a pattern that fits no measure there can be: it would have no effect, and nobody would notice.

    Args:
        tables: the contracts of the profile.

    Raises:
        SettingsError: with the field, the pattern, and what was probably meant.
    """
    patterns = [(each.measures, "exceptions") for each in quality.exceptions]
    patterns += [(pattern, "ignore") for pattern in quality.ignore]
    if not patterns:
        return
    there_are = set(_names(tables))
    for pattern, field in patterns:
        if not _fits(pattern, there_are):
            raise SettingsError(
                f"quality.{field}: no measure is called {pattern!r}.{_meant(pattern, there_are)}"
                " Names are table.measure or table.column.measure, such as bill.rows or bill.amount_cny.mean"
                " (docs/quality.md)."
            )


def _names(tables: Iterable[RawTable]) -> Iterator[str]:
    """Every measure that can be judged, by the name that settings give it."""
    yield ".".join(POPULATION)
    for relation in RELATIONS:
        yield f"{RELATION}.{relation}"
    for table in tables:
        for measure in (*WORDS, *measured_rules(table)):
            yield f"{table.table}.{measure}"
        for column in table.columns:
            for measure in WORDS:
                yield f"{table.table}.{column.name}.{measure}"


def _fits(pattern: str, names: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def _meant(pattern: str, names: Collection[str]) -> str:
    without = pattern.removeprefix(RAW)
    if without != pattern and _fits(without, names):
        return f" Write {without!r}."
    return ""
