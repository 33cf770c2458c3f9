"""The contracts with the telecom source: complete, explained in both languages, with rules that run."""

import re

import duckdb
import pytest
import yaml

from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.contracts import SQL_TYPES, RawTable

FILES = sorted((INCLUDE / "profiles/telecom/extract").glob("*.sql"))
CONTRACTS = [
    RawTable(
        **yaml.safe_load(
            (INCLUDE / f"tables/raw/{file.stem}.yaml").read_text(encoding="utf-8")
        )
    )
    for file in FILES
]


def only_repeats(name: str, text: str) -> bool:
    """Whether a description says nothing that the name does not."""
    filler = {"the", "a", "an", "of", "in", "is", "for", "this"}
    return (
        set(re.findall(r"[a-z]+", text.lower())) - filler
        <= set(name.split("_")) | filler
    )


def test_the_check_on_descriptions_bites() -> None:
    assert only_repeats("bill_id", "The id of the bill")
    assert not only_repeats("bill_id", "Number that the items of a bill share")


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.table)
def test_every_column_and_rule_is_explained(contract: RawTable) -> None:
    assert len(CONTRACTS) == 21
    for entry in (*contract.columns, *contract.rules):
        assert not only_repeats(entry.name, entry.en), f"{contract.table}.{entry.name}"
        assert re.search(r"[\u4e00-\u9fff]{2,}", entry.zh), (
            f"{contract.table}.{entry.name} has no Chinese meaning"
        )


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.table)
def test_rules_run_and_pass_a_row_of_nulls_apart_from_what_is_required(
    contract: RawTable,
) -> None:
    columns = ", ".join(
        f"{column.name} {SQL_TYPES[column.type]}" for column in contract.columns
    )
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({columns}, month DATE, reversal VARCHAR)")
        connection.execute("INSERT INTO t (month) VALUES (DATE '2024-03-01')")
        for rule in contract.rules:
            rejected = connection.execute(
                f"SELECT count(*) FROM t WHERE {rule.reject_when}"
            ).fetchone()[0]
            assert rejected == int(
                "IS NULL" in rule.reject_when and "IS NOT NULL" not in rule.reject_when
            ), rule.name
