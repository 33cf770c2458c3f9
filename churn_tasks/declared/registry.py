"""The table registry: every table's key, columns, units and meaning, read from YAML.

Three kinds of files describe tables, and each column is defined once:

* ``include/tables/raw/<table>.yaml``: what a source must deliver (``raw_<table>``, after the checks ``clean_<table>``),
* ``include/sql/<family>/<query>/query.yaml``: what a query makes, beside the SQL that makes it (of features also
  ``trajectory.yaml``, of which both are made),
* ``include/tables/pipeline/<table>.yaml``: what Python steps make, with ``reads`` and ``made_of`` what they need.

A profile may add the same folders of its own. A query is active when everything it reads is there, so an
absent source takes its features with it and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from churn_tasks.core.currency import Currency, currency
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.naming import not_among
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.columns import ColumnType
from churn_tasks.declared.contracts import (
    SQL_TYPES,
    Contracts,
    FeatureColumn,
    PipelineTable,
    PipelineTables,
    QueryFile,
    RawTable,
    Table,
)
from churn_tasks.declared.figures import as_set, refuse_unknown
from churn_tasks.declared.labels.query import label_query
from churn_tasks.declared.money import (
    figures_in_currency,
    in_currency,
    in_money_of,
    refuse_unknown_limits,
)
from churn_tasks.declared.needed_columns import refuse_without
from churn_tasks.declared.query import Query, load_question, read_query
from churn_tasks.declared.standard import refuse_unfit
from churn_tasks.declared.yaml_file import Declaration, read_declaration

# in the order in which each reads the ones before it
FAMILIES = ("month", "cohort", "features")
Families = dict[str, list[Query]]


@dataclass(frozen=True)
class Registry:
    """The tables and queries of one profile.

    Attributes:
        raw: contracts of what the profile delivers.
        queries: by family, in an order in which they can run.
        pipeline: tables of Python steps.
        absent: what the profile does not deliver, and what queries would make of it.
    """

    raw: dict[str, RawTable]
    queries: Families
    pipeline: dict[str, PipelineTable]
    absent: dict[str, Table]

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table of the lake by its name."""
        tables: dict[str, Table] = dict(self.pipeline)
        for name, table in self.raw.items():
            tables[f"raw_{name}"] = table.as_delivered
            tables[f"clean_{name}"] = table
        for queries in self.queries.values():
            tables |= _outputs(queries)
        return tables

    @cached_property
    def features(self) -> list[FeatureColumn]:
        """Every feature, in catalogue order."""
        features: list[FeatureColumn] = []
        for query in self.queries["features"]:
            columns = query.output.columns
            features += [c for c in columns if isinstance(c, FeatureColumn)]
        return features

    def columns_sql(self, table: str) -> str:
        """Select list that casts each declared column to its declared type."""
        selected = []
        for column in self.tables[table].columns:
            name = identifier(column.name)
            selected.append(f"CAST({name} AS {SQL_TYPES[column.type]}) AS {name}")
        return ", ".join(selected)


def load_contracts(settings: Settings) -> dict[str, RawTable]:
    """Every contract that a profile can see, with its limits and units in the profile's currency.

    It is there whether or not the table is delivered.
    """
    money = currency(settings.currency)
    declared = _tables(settings, RawTable, "raw")
    refuse_unknown_limits(settings.limits, declared)
    contracts = {}
    for name, table in declared.items():
        contracts[name] = in_money_of(table, money, settings.limits)
    return contracts


def load_pipeline_tables(
    settings: Settings, contracts: Contracts
) -> dict[str, PipelineTable]:
    """Every table of a Python step that a profile can see, whether or not it is made.

    Raises:
        SettingsError: a file is malformed, or a table is made of columns that no contract has, each named.
    """
    money = currency(settings.currency)
    tables = {}
    for name, declared in _tables(settings, PipelineTable, "pipeline").items():
        tables[name] = in_currency(declared, money)
    for table in tables.values():
        unknown = list(_made_of_nothing(table, contracts))
        if unknown:
            raise SettingsError(
                f"tables/pipeline/{table.table}.yaml: made_of what no contract has: {', '.join(unknown)}"
            )
    return tables


def _made_of_nothing(table: PipelineTable, contracts: Contracts) -> Iterator[str]:
    """What a table says it is made of and no contract has."""
    yield from not_among(table.made_of, contracts)
    for source, columns in table.made_of.items():
        if source in contracts:
            for name in not_among(columns, contracts[source].column_names):
                yield f"{source}.{name}"


def known_queries(settings: Settings) -> list[Query]:
    """Every query up to the features that a profile can see, active or not; of the cohorts the chosen one."""
    known = _queries_by_family(settings)
    return [
        *known["month"],
        *_chosen_cohort(settings, known["cohort"]),
        *known["features"],
    ]


def load_registry(settings: Settings) -> Registry:
    """The registry of one profile.

    Raises:
        SettingsError: a file is malformed, a contract is missing for an extract, or two queries make one table.
    """
    contracts = load_contracts(settings)
    raw = _delivered(settings, contracts)
    refuse_unfit(settings.standardise, raw)
    declared = load_pipeline_tables(settings, contracts)
    known = _queries_by_family(settings)
    refuse_unknown(settings.figures, _known_figures(known))

    available = {f"clean_{name}" for name in raw}
    pipeline = {n: t for n, t in declared.items() if available.issuperset(t.reads)}
    available |= {name for name, table in pipeline.items() if table.reads}
    candidates = {**known, "cohort": _chosen_cohort(settings, known["cohort"])}
    active: Families = {}
    for family in FAMILIES:
        active[family] = active_queries(candidates[family], available)
        available |= _outputs(active[family]).keys()
    refuse_without(active["month"])
    if not active["cohort"]:
        raise _no_cohort(settings, known["cohort"])
    active["labels"] = [_label(settings, active["month"], available)]
    available.add("label")

    absent = _everything(contracts, declared, known)
    for name in (*available, *pipeline):
        absent.pop(name, None)
    registry = Registry(raw=raw, queries=active, pipeline=pipeline, absent=absent)
    refuse_ownerless(registry.tables)
    return registry


def refuse_ownerless(tables: Mapping[str, Table]) -> None:
    """Refuse tables out of which nobody could be taken (``churn forget``).

    Raises:
        SettingsError: a table has personal columns, and none that says of whom a row is.
    """
    for name, table in tables.items():
        if table.ownerless:
            raise SettingsError(
                f"{name}: {', '.join(table.ownerless)} are personal, and no column says of whom a row is, so that"
                " churn forget could not take anybody out. Add customer_id, or say identifies: of the column that does"
            )


def _everything(
    contracts: Contracts,
    declared: PipelineTables,
    known: Families,
) -> dict[str, Table]:
    """Every table that queries could read if the profile delivered all there is."""
    tables: dict[str, Table] = {f"clean_{n}": table for n, table in contracts.items()}
    tables |= declared
    for family in FAMILIES:
        tables |= _outputs(known[family])
    return tables


def _tables(
    settings: Settings, kind: type[Declaration], layer: str
) -> dict[str, Declaration]:
    """The declarations of one folder below ``tables``; a profile's own replace shared ones."""
    tables: dict[str, Declaration] = {}
    for folder in _folders(settings, f"tables/{layer}"):
        for file in sorted(folder.glob("*.yaml")):
            tables[file.stem] = read_declaration(kind, file)
    return tables


def _folders(settings: Settings, below: str) -> list[Path]:
    folders = (INCLUDE / below, settings.profile_dir / below)
    return [folder for folder in folders if folder.is_dir()]


def _queries_by_family(settings: Settings) -> Families:
    return {family: _queries(settings, family) for family in FAMILIES}


def _queries(settings: Settings, family: str) -> list[Query]:
    queries: list[Query] = []
    for root in _folders(settings, f"sql/{family}"):
        for folder in sorted(root.glob("*/")):
            queries += read_query(family, folder, settings.windows.observe)
    money = currency(settings.currency)
    return [_of_profile(query, money, settings.figures) for query in queries]


def _of_profile(query: Query, money: Currency, given: Mapping[str, float]) -> Query:
    """The query in the profile's currency, with the figures that the profile sets otherwise."""
    output = in_currency(query.output, money)
    costs = figures_in_currency(output.figures, money)
    figures = as_set(costs, query.name, given)
    return replace(query, output=output.model_copy(update={"figures": figures}))


def _outputs(queries: Iterable[Query]) -> dict[str, QueryFile]:
    return {query.output.table: query.output for query in queries}


def _delivered(settings: Settings, contracts: Contracts) -> dict[str, RawTable]:
    """The contracts for which the profile has an extract."""
    names = delivered_tables(settings)
    unknown = not_among(names, contracts)
    if unknown:
        raise SettingsError(
            f"{settings.profile_dir}/extract has no contract under tables/raw for: {', '.join(unknown)}"
        )
    return {name: contracts[name] for name in names}


def delivered_tables(settings: Settings) -> list[str]:
    """The tables for which a profile has an extract query."""
    return sorted(
        file.stem for file in (settings.profile_dir / "extract").glob("*.sql")
    )


def _chosen_cohort(settings: Settings, cohorts: Iterable[Query]) -> list[Query]:
    population = settings.definition.population
    return [query for query in cohorts if query.name == population]


def active_queries(queries: Iterable[Query], available: Iterable[str]) -> list[Query]:
    """The queries that have everything they wait for, each after those it reads."""
    there = set(available)
    waiting = [query for query in queries if there.isdisjoint(query.output.unless)]
    active: dict[str, Query] = {}
    while ready := [q for q in waiting if there.issuperset(q.output.waits_for)]:
        for query in ready:
            table = query.output.table
            if table in active:
                raise SettingsError(
                    f"{query.folder} and {active[table].folder} both make {table}"
                )
            active[table] = query
        there |= _outputs(ready).keys()
        waiting = [query for query in waiting if query not in ready]
    return list(active.values())


def _known_figures(known: Families) -> list[str]:
    """Every figure that a profile can set, as ``<query>.<name>``."""
    names = []
    for family in ("month", "features"):
        for query in known[family]:
            names += [f"{query.name}.{figure.name}" for figure in query.output.figures]
    return names


def _no_cohort(settings: Settings, cohorts: Iterable[Query]) -> SettingsError:
    """Why nobody is a customer: the population is unknown, or the profile has nothing that tells who is active."""
    chosen = settings.definition.population
    known = [query.name for query in cohorts]
    why = f"is not there; there are {', '.join(known)}"
    if chosen in known:
        why = "needs tables the profile lacks"
    return SettingsError(f"no active query under sql/cohort: {chosen} {why}")


def _label(settings: Settings, month: Iterable[Query], available: set[str]) -> Query:
    """The label query of the adopted definition, composed of its events."""
    columns: dict[str, ColumnType] = {}
    profile = _outputs(month).get("month_profile")
    if profile:
        columns = {column.name: column.type for column in profile.columns}
        columns.pop("customer_id", None)
    left = load_question("labels", "left")
    return label_query(settings, left, available, columns)
