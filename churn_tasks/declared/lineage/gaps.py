"""What a gap in the source costs: which features and triggers fall away, and whether anybody is a customer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import Contracts, FeatureColumn, PipelineTables
from churn_tasks.declared.lineage.needs import Leaf, Lineage, Needs
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import (
    delivered_tables,
    known_queries,
    load_contracts,
    load_pipeline_tables,
)
from churn_tasks.declared.trigger_sql import trigger_query, trigger_table
from churn_tasks.declared.triggers import Raised, load_triggers

CLEAN = "clean_"
Loses = Callable[[Query, Needs], bool]
ACTIVITY = "month_activity"


@dataclass(frozen=True)
class Cost:
    """Features in catalogue order and triggers in that of their file."""

    features: tuple[FeatureColumn, ...] = ()
    triggers: tuple[Raised, ...] = ()

    @property
    def trigger_names(self) -> tuple[str, ...]:
        return tuple(raised.name for raised in self.triggers)

    def by_family(self) -> dict[str, list[str]]:
        """The features' names by family (D1)."""
        names: dict[str, list[str]] = {}
        for feature in self.features:
            names.setdefault(feature.family, []).append(feature.name)
        return names

    def in_words(self, most: int = 5) -> str:
        """One line: how many features, the first of them, and the triggers by name."""
        names = [feature.name for feature in self.features]
        triggers = list(self.trigger_names)
        parts = []
        if names:
            listed = ", ".join(names[:most])
            if len(names) > most:
                listed += f" and {len(names) - most} more"
            parts.append(f"{len(names)} {_plural('feature', names)} ({listed})")
        if triggers:
            parts.append(f"{_plural('trigger', triggers)} {', '.join(triggers)}")
        return ", ".join(parts)


def _plural(word: str, of: list[str]) -> str:
    return word if len(of) == 1 else f"{word}s"


@dataclass(frozen=True)
class Gaps:
    """Answers for one profile: what works with the tables it delivers, and what each gap costs.

    Attributes:
        contracts: every contract the profile can see.
        queries: every query up to the features, active or not, and one for each trigger.
        delivered: names of the contracts for which the profile has an extract.
        pipeline: every table of a Python step, made or not.
    """

    contracts: Contracts
    queries: Sequence[Query]
    triggers: tuple[Raised, ...]
    delivered: frozenset[str]
    pipeline: PipelineTables

    def of_table(self, table: str) -> Cost:
        """What is lost while a table is not delivered, though every other were."""
        needed = self._needed_contracts(table)

        def reads_it(query: Query, needs: Needs) -> bool:
            if table in needed[query.output.table]:
                return True
            return any(leaf.table == table for leaf in needs)

        return Cost(self._lost(table, reads_it), self._never_raised(table, reads_it))

    def of_column(self, table: str, column: str) -> Cost:
        """What is lost while one column of a delivered table is empty."""
        leaf = Leaf(table, column)

        def reads_it(_: Query, needs: Needs) -> bool:
            return leaf in needs

        return Cost(self._lost(table, reads_it), self._never_raised(table, reads_it))

    def _lost(self, table: str, is_lost: Loses) -> tuple[FeatureColumn, ...]:
        """The features, in catalogue order, that a gap in a table takes away."""
        lineage = self._lineage(table)
        lost = []
        for query, feature in _features(lineage):
            needs = lineage.of(query.output.table, feature.name)
            if is_lost(query, needs):
                lost.append(feature)
        return tuple(lost)

    def _never_raised(self, table: str, is_lost: Loses) -> tuple[Raised, ...]:
        """The triggers, in the order of their file, that a gap in a table takes away."""
        lineage = self._lineage(table)
        lost = []
        for raised in self.triggers:
            name = trigger_table(raised)
            if lineage.fits(name):
                needs = lineage.of_every_column(name)
                if is_lost(lineage.made_by[name], needs):
                    lost.append(raised)
        return tuple(lost)

    @cached_property
    def activity_sources(self) -> list[frozenset[str]]:
        """Each set of tables from which somebody's being a customer can be told."""
        queries = [query for query in self.queries if query.output.table == ACTIVITY]
        return [_contracts(query.output.reads) for query in queries]

    @property
    def has_customers(self) -> bool:
        """Whether what is delivered tells who is a customer; without that no month can run."""
        return any(tables <= self.delivered for tables in self.activity_sources)

    def is_essential(self, table: str) -> bool:
        """Whether nobody would be a customer without a table, as things are delivered."""
        if not any(table in tables for tables in self.activity_sources):
            return False
        rest = self.delivered - {table}
        return not any(tables <= rest for tables in self.activity_sources)

    def _chosen(self, table: str) -> dict[str, Query]:
        """One query for each table: the one that runs as things are, else one that reads ``clean_<table>``."""

        def rank(query: Query) -> tuple[bool, bool]:
            reads_it = f"{CLEAN}{table}" in query.output.reads
            return not self._runs(query), not reads_it

        best: dict[str, Query] = {}
        for query in sorted(self.queries, key=rank):
            best.setdefault(query.output.table, query)
        return {query.output.table: best[query.output.table] for query in self.queries}

    def _runs(self, query: Query) -> bool:
        """Whether its contracts are delivered and nothing makes it superfluous."""
        needed = _contracts(query.output.waits_for)
        better = _contracts(query.output.unless)
        return needed <= self.delivered and self.delivered.isdisjoint(better)

    def _lineage(self, table: str) -> Lineage:
        chosen = self._chosen(table).values()
        key = tuple(query.folder for query in chosen)
        if key not in self._lineages:
            self._lineages[key] = Lineage(chosen, self.contracts, self.pipeline)
        return self._lineages[key]

    @cached_property
    def _lineages(self) -> dict[tuple[object, ...], Lineage]:
        return {}

    def _needed_contracts(self, table: str) -> dict[str, set[str]]:
        """For each table that a query makes, the contracts without which the query does not run."""
        chosen = self._chosen(table)
        known: dict[str, set[str]] = {}

        def needed(name: str) -> set[str]:
            if name.startswith(CLEAN):
                return {name.removeprefix(CLEAN)}
            if name in self.pipeline:
                return set(self.pipeline[name].made_of)
            if name not in known:
                known[name] = set()
                for read in _waits_for(chosen, name):
                    known[name] |= needed(read)
            return known[name]

        return {name: needed(name) for name in chosen}


def _waits_for(chosen: Mapping[str, Query], table: str) -> tuple[str, ...]:
    """Tables without which a table is not made; who is a customer is asked apart."""
    if table == "cohort" or table not in chosen:
        return ()
    return chosen[table].output.waits_for


def _contracts(tables: Iterable[str]) -> frozenset[str]:
    """The contracts among the tables that a query names."""
    clean = [name for name in tables if name.startswith(CLEAN)]
    return frozenset(name.removeprefix(CLEAN) for name in clean)


def _features(lineage: Lineage) -> Iterator[tuple[Query, FeatureColumn]]:
    """Every feature that the chosen queries can make, with its query."""
    for query in lineage.made_by.values():
        if query.family == "features" and lineage.fits(query.output.table):
            for column in query.output.columns:
                if isinstance(column, FeatureColumn):
                    yield query, column


def everything_delivered(settings: Settings) -> Gaps:
    """The gaps of a source that has every contract: what each table and column switches on."""
    return _gaps(settings, load_contracts(settings))


def load_gaps(settings: Settings) -> Gaps:
    """The gaps of one profile, whether or not it can run.

    Raises:
        SettingsError: a contract, a query or the triggers are malformed.
    """
    return _gaps(settings, delivered_tables(settings))


def _gaps(settings: Settings, delivered: Iterable[str]) -> Gaps:
    contracts = load_contracts(settings)
    triggers = load_triggers(settings)
    asked = [trigger_query(raised) for raised in triggers]
    return Gaps(
        contracts,
        [*known_queries(settings), *asked],
        triggers,
        frozenset(delivered),
        load_pipeline_tables(settings, contracts),
    )
