"""The table registry: every table's key, columns, units and meaning, read from YAML.

Three kinds of files describe tables, and each column is defined once:

* ``include/tables/raw/<table>.yaml``: what a source must deliver (``raw_<table>``, after the checks ``clean_<table>``),
* ``include/sql/<family>/<query>/query.yaml``: what a query makes, beside the SQL that makes it (of features also
  ``trajectory.yaml``, of which both are made),
* ``include/tables/pipeline/<table>.yaml``: what Python steps make, and with ``reads`` what they need for it.

A profile may add the same folders of its own. A query is active when everything it reads is there, so an
absent source takes its features with it and nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.declared.contracts import (
    SQL_TYPES,
    FeatureColumn,
    PipelineTable,
    QueryFile,
    RawTable,
    Table,
)
from churn_tasks.declared.figures import as_set, refuse_unknown
from churn_tasks.declared.labels.query import label_query
from churn_tasks.declared.query import Query, load_question, read_query
from churn_tasks.declared.standard import refuse_unfit
from churn_tasks.declared.yaml_file import T, read_declaration


@dataclass(frozen=True)
class Registry:
    """The tables and queries of one profile."""

    raw: dict[str, RawTable]
    queries: dict[
        str, list[Query]
    ]  # family -> queries in an order in which they can run
    pipeline: dict[str, Table]
    absent: dict[
        str, Table
    ]  # what the profile does not deliver, and what queries would make of it

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table of the lake by its name."""
        found: dict[str, Table] = dict(self.pipeline)
        for name, table in self.raw.items():
            found[f"raw_{name}"] = table.as_delivered
            found[f"clean_{name}"] = table
        for queries in self.queries.values():
            found.update({query.output.table: query.output for query in queries})
        return found

    @cached_property
    def features(self) -> list[FeatureColumn]:
        """Every feature, in catalogue order."""
        return [
            column
            for query in self.queries["features"]
            for column in query.output.columns
            if isinstance(column, FeatureColumn)
        ]

    def columns_sql(self, table: str) -> str:
        """Select list that casts each declared column to its declared type."""
        return ", ".join(
            f'CAST("{c.name}" AS {SQL_TYPES[c.type]}) AS "{c.name}"'
            for c in self.tables[table].columns
        )


def _folders(settings: Settings, below: str) -> list[Path]:
    return [
        root / below
        for root in (INCLUDE, settings.profile_dir)
        if (root / below).is_dir()
    ]


def _tables(settings: Settings, kind: type[T], layer: str) -> dict[str, T]:
    files = [
        file
        for folder in _folders(settings, f"tables/{layer}")
        for file in sorted(folder.glob("*.yaml"))
    ]
    return {file.stem: read_declaration(kind, file) for file in files}


def _queries(settings: Settings, family: str) -> list[Query]:
    folders = [
        folder
        for root in _folders(settings, f"sql/{family}")
        for folder in sorted(root.glob("*/"))
    ]
    found = [
        query
        for folder in folders
        for query in read_query(family, folder, settings.windows.observe)
    ]
    return [
        replace(query, output=_with_own_figures(query, settings)) for query in found
    ]


def _with_own_figures(query: Query, settings: Settings) -> QueryFile:
    """What the query declares, with the figures that the profile sets otherwise."""
    figures = as_set(query.output.figures, query.name, settings.figures)
    return (
        query.output.model_copy(update={"figures": figures})
        if figures
        else query.output
    )


def _active(queries: Iterable[Query], available: set[str]) -> list[Query]:
    """The queries whose reads and needs are all available, each after those it reads."""
    waiting = [
        query for query in queries if not available.intersection(query.output.unless)
    ]
    ordered: list[Query] = []
    while ready := [
        q for q in waiting if available.issuperset((*q.output.reads, *q.output.needs))
    ]:
        for query in ready:
            made_by = next(
                (
                    other
                    for other in ordered
                    if other.output.table == query.output.table
                ),
                None,
            )
            if made_by:
                raise SettingsError(
                    f"{query.folder} and {made_by.folder} both make {query.output.table}"
                )
            ordered.append(query)
        waiting = [query for query in waiting if query not in ready]
        available = available | {query.output.table for query in ready}
    return ordered


def load_contracts(settings: Settings) -> dict[str, RawTable]:
    """Every contract that a profile can see, whether or not it delivers the table."""
    return _tables(settings, RawTable, "raw")


def known_queries(settings: Settings) -> list[Query]:
    """Every query up to the features that a profile can see, active or not; of the cohorts the chosen one."""
    found = [
        query
        for family in ("month", "cohort", "features")
        for query in _queries(settings, family)
    ]
    return [
        query
        for query in found
        if query.family != "cohort" or query.name == settings.definition.population
    ]


def load_registry(settings: Settings) -> Registry:
    """The registry of one profile.

    Raises:
        SettingsError: a file is malformed, a contract is missing for an extract, or two queries make one table.
    """
    contracts = _tables(settings, RawTable, "raw")
    delivered = sorted(
        path.stem for path in (settings.profile_dir / "extract").glob("*.sql")
    )
    unknown = [name for name in delivered if name not in contracts]
    if unknown:
        raise SettingsError(
            f"{settings.profile_dir}/extract has no contract under tables/raw for: {', '.join(unknown)}"
        )
    raw = {name: contracts[name] for name in delivered}
    refuse_unfit(settings.standardise, raw)
    made = _tables(settings, PipelineTable, "pipeline")
    chosen = {"cohort": settings.definition.population}
    available = {f"clean_{name}" for name in raw}
    pipeline = {
        name: table for name, table in made.items() if available.issuperset(table.reads)
    }
    available |= {name for name, table in pipeline.items() if table.reads}
    active: dict[str, list[Query]] = {}
    absent: dict[str, Table] = {
        f"clean_{name}": table for name, table in contracts.items() if name not in raw
    }
    absent |= {name: table for name, table in made.items() if name not in pipeline}
    for family in ("month", "cohort", "features"):
        known = _queries(settings, family)
        absent |= {query.output.table: query.output for query in known}
        active[family] = _active(
            [q for q in known if q.name == chosen.get(family, q.name)], available
        )
        available |= {query.output.table for query in active[family]}
    if not active["cohort"]:
        raise _no_cohort(settings)
    active["labels"] = [_label(settings, active["month"], available)]
    available |= {"label"}
    if settings.figures:
        refuse_unknown(settings.figures, _known_figures(settings))
    absent = {name: table for name, table in absent.items() if name not in available}
    return Registry(raw=raw, queries=active, pipeline={**pipeline}, absent=absent)


def _known_figures(settings: Settings) -> list[str]:
    """Every figure that a profile can set, as ``<query>.<name>``."""
    found = [
        query
        for family in ("month", "features")
        for query in _queries(settings, family)
    ]
    return [
        f"{query.name}.{figure.name}"
        for query in found
        for figure in query.output.figures
    ]


def _no_cohort(settings: Settings) -> SettingsError:
    """Why nobody is a customer: the population is unknown, or the profile has nothing that tells who is active."""
    known, chosen = (
        [query.name for query in _queries(settings, "cohort")],
        settings.definition.population,
    )
    why = (
        "needs tables the profile lacks"
        if chosen in known
        else f"is not there; there are {', '.join(known)}"
    )
    return SettingsError(f"no active query under sql/cohort: {chosen} {why}")


def _label(settings: Settings, month: Iterable[Query], available: set[str]) -> Query:
    """The label query of the adopted definition, composed of its events."""
    profile = [
        c.name
        for q in month
        if q.output.table == "month_profile"
        for c in q.output.columns
    ]
    return label_query(
        settings, load_question("labels", "left"), available, tuple(profile[1:])
    )
