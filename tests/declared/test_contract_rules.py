"""Rules of the shared contracts. A code that a query looks for is set aside when it comes in another spelling; else
nobody would hear of it. A closing is set aside when it comes before the joining.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest
from sqlglot import exp, parse_one

from churn_tasks.core.settings import load_settings
from churn_tasks.declared.columns import SQL_TYPES
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import load_registry

CLEAN = "clean_"
REGISTRY = load_registry(load_settings("telecom"))
OTHER_SPELLINGS = (str.swapcase, str.title, lambda code: f"{code} ")
# campaign_kind is compared under another name
BY_ANOTHER_NAME = {("campaign", "campaign_kind", "retention")}


@dataclass(frozen=True)
class Reading:
    """A query with the contracts of the raw tables that it reads cleaned."""

    query: Query
    contracts: dict[str, RawTable]

    def codes(self) -> Iterator[tuple[str, str, str]]:
        """Table, column and code of each comparison of a column with a word."""
        for node in parse_one(self.query.sql, read="duckdb").walk():
            if not isinstance(node, (exp.EQ, exp.NEQ, exp.In)):
                continue
            compared = node.expressions or [node.args.get("expression")]
            for word in compared:
                is_word = isinstance(word, exp.Literal) and word.is_string
                if is_word and isinstance(node.this, exp.Column):
                    for table in self._tables(node):
                        yield table, node.this.name, word.name

    def _tables(self, node: exp.Expr) -> list[str]:
        """The raw tables whose column it may be: of the SELECT around it where the query reads several."""
        near = set(self.contracts)
        if len(near) > 1:
            around = node.find_ancestor(exp.Select)
            assert around is not None
            own = [
                each.name.removeprefix(CLEAN)
                for each in around.find_all(exp.Table)
                if each.find_ancestor(exp.Select) is around
            ]
            near.intersection_update(own)
        column = node.this.name
        return [name for name in near if column in self.contracts[name].column_names]


def _readings() -> Iterator[Reading]:
    for queries in REGISTRY.queries.values():
        for query in queries:
            contracts = {}
            for table in (*query.output.reads, *query.output.optional):
                name = table.removeprefix(CLEAN)
                if table.startswith(CLEAN) and name in REGISTRY.raw:
                    contracts[name] = REGISTRY.raw[name]
            if contracts:
                yield Reading(query, contracts)


def _known_codes() -> list[tuple[str, str, str]]:
    found = set(BY_ANOTHER_NAME)
    for reading in _readings():
        found.update(reading.codes())
    return sorted(found)


def rejecting(contract: RawTable, **values: str) -> list[str]:
    """The rules that reject a row of which nothing but these values is known."""
    cells = ["DATE '2024-03-01' AS month"]
    for each in contract.columns:
        given = f"'{values[each.name]}'" if each.name in values else "NULL"
        cells.append(f"CAST({given} AS {SQL_TYPES[each.type]}) AS {each.name}")
    rejected = []
    for rule in contract.rules:
        asked = f"SELECT ({rule.reject_when}) FROM (SELECT {', '.join(cells)})"
        (answer,) = duckdb.sql(asked).fetchall()[0]
        if answer:
            rejected.append(rule.name)
    return rejected


def test_the_codes_are_found() -> None:
    """Else the next test could not fail."""
    assert {
        ("customer", "service_status", "closed"),
        ("service", "service_status", "suspended"),
        ("cdr", "peer_operator", "own"),
        ("market", "region_code", "ALL"),
        ("complaint", "category", "porting"),
    } <= set(_known_codes())
    assert len(_known_codes()) > 40


@pytest.mark.parametrize("known", _known_codes(), ids=" ".join)
def test_another_spelling_is_set_aside_and_the_code_is_not(
    known: tuple[str, str, str],
) -> None:
    table, column, code = known
    contract = REGISTRY.raw[table]
    assert rejecting(contract, **{column: code}) == []
    for spelt in OTHER_SPELLINGS:
        if spelt(code) != code:
            assert rejecting(contract, **{column: spelt(code)}), spelt(code)


def test_without_its_rule_another_spelling_goes_through() -> None:
    """Control: it is the list of codes that rejects, and nothing else."""
    contract = REGISTRY.raw["customer"]
    kept = tuple(r for r in contract.rules if r.name != "service_status_unknown")
    bare = contract.model_copy(update={"rules": kept})
    assert rejecting(bare, service_status="Closed") == []
    assert rejecting(contract, service_status="Closed") == ["service_status_unknown"]


def test_a_code_of_the_operators_own_stays_where_the_list_is_open() -> None:
    for table, column, code in [
        ("customer", "customer_group", "government"),
        ("complaint", "category", "roaming"),
        ("payment", "channel", "wallet"),
        ("cdr", "peer_operator", "mobile_c"),
        ("market", "series_code", "rainfall"),
    ]:
        assert rejecting(REGISTRY.raw[table], **{column: code}) == []


@pytest.mark.parametrize(
    ("closed", "joined", "rejected"),
    [
        ("2024-03-05", "2024-03-06", True),
        ("2019-01-01", "2021-08-30", True),
        ("2024-03-06", "2024-03-06", False),
        ("2024-03-07", "2024-03-06", False),
    ],
)
def test_an_account_that_closed_before_its_holder_joined_is_set_aside(
    closed: str, joined: str, rejected: bool
) -> None:
    contract = REGISTRY.raw["customer"]
    days = {"event_date": closed, "joined_date": joined}
    found = rejecting(contract, service_status="closed", **days)
    assert found == ["closed_before_joining"] * rejected
    assert rejecting(contract, service_status="active", **days) == [], (
        "a record may be made before the customer goes on the network"
    )


def test_a_closing_without_a_day_of_joining_is_taken() -> None:
    contract = REGISTRY.raw["customer"]
    closing = {"service_status": "closed", "event_date": "2024-03-05"}
    assert rejecting(contract, **closing) == []
