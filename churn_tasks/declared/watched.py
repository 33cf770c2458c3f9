"""What the daily watch needs of a profile: the triggers that are raised by day, and the tables below them alone."""

from collections.abc import Collection, Iterable, Sequence

from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import Table
from churn_tasks.declared.lineage.needs import Lineage
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry, active_queries
from churn_tasks.declared.trigger_sql import trigger_query, trigger_table
from churn_tasks.declared.triggers import Raised, load_triggers, possible

CLEAN = "clean_"
PROFILE, CUSTOMER = "month_profile", "customer"


def triggers_by_day(settings: Settings, tables: Collection[str]) -> list[Raised]:
    """The enabled triggers that say ``by_day``, those whose tables a profile has.

    Raises:
        SettingsError: ``triggers.yaml`` names an event or a value that cannot be.
    """
    raised = possible(load_triggers(settings), tables)
    return [one for one in raised if one.trigger.by_day]


def sources_of(registry: Registry, raised: Sequence[Raised]) -> list[str]:
    """The source tables that triggers need, as contracts name them, in order; the customers' master record with them.

    A table that a summary adds up beside what a trigger asks for is not among them: who reports faults is told without
    the sales contacts that stand in the same summary.
    """
    asked = [trigger_query(one) for one in raised]
    lineage = Lineage(
        [*_every_query(registry), *asked], registry.raw, registry.pipeline
    )
    needed: set[str] = set()
    for one in raised:
        needs = lineage.of_every_column(trigger_table(one))
        needed.update(leaf.table for leaf in needs)
    for query in _summaries_of(registry, raised):
        needed.update(name.removeprefix(CLEAN) for name in query.output.reads)
    needed.add(CUSTOMER)
    return [name for name in registry.raw if name in needed]


def narrowed(
    registry: Registry, raised: Sequence[Raised], sources: Collection[str]
) -> Registry:
    """The registry with some source tables alone, and the monthly summaries that the triggers read of them."""
    raw = {name: table for name, table in registry.raw.items() if name in sources}
    there = {f"{CLEAN}{name}" for name in raw} | set(registry.pipeline)
    summaries = active_queries(_summaries_of(registry, raised), there)
    queries = {"month": summaries, "cohort": [], "features": [], "labels": []}
    kept = Registry(raw=raw, queries=queries, pipeline=registry.pipeline, absent={})
    absent: dict[str, Table] = dict(registry.absent)
    for name, table in registry.tables.items():
        if name not in kept.tables:
            absent[name] = table
    return Registry(raw=raw, queries=queries, pipeline=registry.pipeline, absent=absent)


def _every_query(registry: Registry) -> list[Query]:
    return [
        *registry.queries["month"],
        *registry.queries["cohort"],
        *registry.queries["features"],
    ]


def _summaries_of(registry: Registry, raised: Iterable[Raised]) -> list[Query]:
    """The queries of the family ``month`` whose tables triggers read, be it by way of another one."""
    made_by = {query.output.table: query for query in registry.queries["month"]}
    waiting = [PROFILE]
    for one in raised:
        waiting += one.event.output.sources
    wanted: set[str] = set()
    while waiting:
        table = waiting.pop()
        if table in made_by and table not in wanted:
            wanted.add(table)
            waiting += made_by[table].output.sources
    return [query for name, query in made_by.items() if name in wanted]
