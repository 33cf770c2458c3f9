"""What a gap in the source costs: which features and triggers fall away, and whether anybody is a customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import FeatureColumn, RawTable
from churn_tasks.declared.lineage.needs import MADE_OF, Leaf, Lineage
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import known_queries, load_contracts
from churn_tasks.declared.triggers import Trigger, load_triggers

ACTIVITY = "month_activity"


@dataclass(frozen=True)
class Cost:
    """Features in catalogue order and triggers by number."""

    features: tuple[FeatureColumn, ...] = ()
    triggers: tuple[Trigger, ...] = ()

    def by_family(self) -> dict[str, list[str]]:
        """The features' names by family (D1)."""
        found: dict[str, list[str]] = {}
        for feature in self.features:
            found.setdefault(feature.family, []).append(feature.name)
        return found

    def in_words(self, most: int = 5) -> str:
        """One line: how many features, the first of them, and the triggers' numbers."""
        names = [feature.name for feature in self.features]
        parts = []
        if names:
            more = f" and {len(names) - most} more" if len(names) > most else ""
            parts.append(
                f"{len(names)} feature{'s' * (len(names) > 1)} ({', '.join(names[:most])}{more})"
            )
        if self.triggers:
            numbers = ", ".join(str(trigger.number) for trigger in self.triggers)
            parts.append(f"trigger{'s' * (len(self.triggers) > 1)} {numbers}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Gaps:
    """Answers for one profile: what works with the tables it delivers, and what each gap costs.

    Attributes:
        contracts: every contract the profile can see.
        queries: every query up to the features, active or not.
        delivered: names of the contracts for which the profile has an extract.
    """

    contracts: dict[str, RawTable]
    queries: Sequence[Query]
    triggers: tuple[Trigger, ...]
    delivered: frozenset[str]

    def of_table(self, table: str) -> Cost:
        """What is lost while a table is not delivered, though every other were."""
        needed = self._needed_tables(table)
        lineage = self._lineage(table)
        lost = [
            feature
            for query, feature in _features(lineage)
            if table in needed[query.output.table]
            or any(
                leaf.table == table
                for leaf in lineage.of(query.output.table, feature.name)
            )
        ]
        return Cost(
            tuple(lost),
            tuple(trigger for trigger in self.triggers if table in trigger.reads),
        )

    def of_column(self, table: str, column: str) -> Cost:
        """What is lost while one column of a delivered table is empty."""
        lineage = self._lineage(table)
        lost = [
            feature
            for query, feature in _features(lineage)
            if Leaf(table, column) in lineage.of(query.output.table, feature.name)
        ]
        return Cost(
            tuple(lost),
            tuple(t for t in self.triggers if column in t.reads.get(table, ())),
        )

    @cached_property
    def activity_sources(self) -> list[frozenset[str]]:
        """Each set of tables from which somebody's being a customer can be told."""
        return [
            frozenset(name.removeprefix("clean_") for name in query.output.reads)
            for query in self.queries
            if query.output.table == ACTIVITY
        ]

    @property
    def has_customers(self) -> bool:
        """Whether what is delivered tells who is a customer; without that no month can run."""
        return any(tables <= self.delivered for tables in self.activity_sources)

    def is_essential(self, table: str) -> bool:
        """Whether nobody would be a customer without a table, as things are delivered."""
        rest = self.delivered - {table}
        return not any(tables <= rest for tables in self.activity_sources) and any(
            table in tables for tables in self.activity_sources
        )

    def _chosen(self, table: str) -> dict[str, Query]:
        """One query for each table: the one that runs as things are, else one that reads ``clean_<table>``."""
        chosen: dict[str, Query] = {}
        ranked = sorted(
            self.queries,
            key=lambda query: (
                not self._runs(query),
                f"clean_{table}" not in query.output.reads,
            ),
        )
        for query in ranked:
            chosen.setdefault(query.output.table, query)
        return {
            query.output.table: chosen[query.output.table] for query in self.queries
        }

    def _runs(self, query: Query) -> bool:
        raw = {
            name.removeprefix("clean_")
            for name in (*query.output.reads, *query.output.needs)
            if name[:6] == "clean_"
        }
        superfluous = {
            name.removeprefix("clean_") for name in query.output.unless
        } & self.delivered
        return raw <= self.delivered and not superfluous

    def _lineage(self, table: str) -> Lineage:
        chosen = self._chosen(table).values()
        key = tuple(query.folder for query in chosen)
        if key not in self._lineages:
            self._lineages[key] = Lineage(chosen, self.contracts)
        return self._lineages[key]

    @cached_property
    def _lineages(self) -> dict[tuple[object, ...], Lineage]:
        return {}

    def _needed_tables(self, table: str) -> dict[str, set[str]]:
        """For each table that a query makes, the contracts without which the query does not run."""
        chosen = self._chosen(table)
        found: dict[str, set[str]] = {}

        def needed(name: str) -> set[str]:
            if name.startswith("clean_"):
                return {name.removeprefix("clean_")}
            if name in MADE_OF:
                return {MADE_OF[name][0]}
            if name not in found:
                found[name] = set()
                output = chosen[name].output if name in chosen else None
                reads = (
                    []
                    if output is None or name == "cohort"
                    else [*output.reads, *output.needs]
                )
                found[name] = set().union(*(needed(read) for read in reads))
            return found[name]

        return {name: needed(name) for name in chosen}


def _features(lineage: Lineage) -> list[tuple[Query, FeatureColumn]]:
    """Every feature that the chosen queries can make, with its query."""
    return [
        (query, column)
        for query in lineage.made_by.values()
        if query.family == "features" and lineage.fits(query.output.table)
        for column in query.output.columns
        if isinstance(column, FeatureColumn)
    ]


def everything_delivered(settings: Settings) -> Gaps:
    """The gaps of a source that has every contract: what each table and column switches on."""
    contracts = load_contracts(settings)
    return Gaps(
        contracts,
        known_queries(settings),
        load_triggers(settings, contracts),
        frozenset(contracts),
    )


def load_gaps(settings: Settings) -> Gaps:
    """The gaps of one profile, whether or not it can run.

    Raises:
        SettingsError: a contract, a query or the triggers are malformed.
    """
    contracts = load_contracts(settings)
    delivered = frozenset(
        path.stem for path in (settings.profile_dir / "extract").glob("*.sql")
    )
    return Gaps(
        contracts,
        known_queries(settings),
        load_triggers(settings, contracts),
        delivered,
    )
