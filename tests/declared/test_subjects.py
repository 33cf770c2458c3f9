"""Whom columns name is declared for every table of lake and warehouse: what is not covered cannot be loaded."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from churn_tasks.adapters.warehouse.forgetting import DECLARED
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.columns import Column
from churn_tasks.declared.contracts import PipelineTable, Table
from churn_tasks.declared.registry import load_registry, refuse_ownerless
from churn_tasks.declared.subjects import OF_THE_ROW
from churn_tasks.declared.yaml_file import read_yaml
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import SCHEMA, migrated, new_url

PROFILES = ("telecom", "retail", "telecom_wide")
# told apart from the rule in the code on purpose: any column that a reader would take for a person's number
SUSPECT = re.compile(
    r"customer_id|person_id|phone_|identity|_token|subscriber|successor|contact_id$|row_json"
)


def columns(profile: str) -> Iterator[tuple[str, Column]]:
    for name, table in load_registry(load_settings(profile)).tables.items():
        for column in table.columns:
            yield name, column


@pytest.mark.parametrize("profile", PROFILES)
def test_every_column_that_names_somebody_says_whom(profile: str) -> None:
    suspects = [(t, c) for t, c in columns(profile) if SUSPECT.search(c.name)]
    books = [(t, c.name) for t, c in suspects if c.subject == "nobody"]
    assert len(suspects) > 25
    # the number of another record, not of a person
    assert {name for name in books if name[1] != "contact_id"} == set()
    assert {table for table, _ in books} <= {"raw_contact", "clean_contact"}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_table_with_personal_columns_says_of_whom_a_row_is(profile: str) -> None:
    tables = load_registry(load_settings(profile)).tables
    personal = [t for t in tables.values() if any(c.pii != "none" for c in t.columns)]
    assert len(personal) >= 20
    ownerless = [t for t in personal if not t.named(*OF_THE_ROW)]
    assert [(t.table, t.named("line")) for t in ownerless] == [
        ("file_line", ["line_text"])
    ]


def named(name: str, pii: str = "none", **more: str) -> Column:
    return Column(name=name, type="text", en="a", zh="一", pii=pii, **more)


@pytest.mark.parametrize(
    ("name", "pii"),
    [
        ("customer_id_old", "none"),
        ("paying_person_id", "none"),
        ("caller_token", "token"),
        ("dealer_id", "quasi"),
        ("account_number", "none"),
    ],
)
def test_a_column_that_does_not_say_whom_it_names_is_refused(
    name: str, pii: str
) -> None:
    with pytest.raises(ValueError, match=f"{name} looks as if it named somebody"):
        named(name, pii)
    assert named(name, pii, identifies="nobody").subject == "nobody"


@pytest.mark.parametrize(
    "name", ["bill_id", "customer_count", "plan_code", "mlflow_run_id"]
)
def test_a_column_that_names_nobody_needs_no_word(name: str) -> None:
    """Negative control: the rule does not ask everybody."""
    assert named(name).subject == "nobody"


def made_of(*columns: Column) -> Table:
    meaning = {"en": "a", "zh": "一"}
    return PipelineTable(
        table="said", key=("said_on",), meaning=meaning, columns=columns
    )


def test_a_new_table_without_an_owner_is_refused() -> None:
    words = (named("said_on"), named("said_text", "quasi"))
    with pytest.raises(SettingsError, match="said: said_text are personal"):
        refuse_ownerless({"said": made_of(*words)})
    refuse_ownerless({"said": made_of(*words, named("customer_id", "quasi"))})


def warehouse_columns(postgres: Cluster, *more: str) -> dict[str, set[str]]:
    """Table of the warehouse to its columns."""
    url = new_url(postgres)
    migrated(url).close()
    found: dict[str, set[str]] = {}
    with psycopg.connect(url, autocommit=True) as admin:
        for statement in more:
            admin.execute(statement)
        rows = admin.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " INNER JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = %s AND table_type = 'BASE TABLE'",
            (SCHEMA,),
        )
        for table, column in rows:
            found.setdefault(table, set()).add(column)
    return found


def uncovered(tables: dict[str, set[str]]) -> dict[str, set[str]]:
    """Tables that are in neither part, and of the others the customers' columns that are not named."""
    declared = read_yaml(DECLARED)
    missing = {}
    for table, names in tables.items():
        if table in declared["nobody"]:
            suspects = {name for name in names if SUSPECT.search(name)}
        elif table in declared["rows_of"]:
            said = {
                name
                for columns in declared["rows_of"][table].values()
                for name in columns
            }
            # a token or a person's number beside the customer's goes with the row
            suspects = {name for name in names if name.startswith("customer_id")} - said
        else:
            suspects = {"the whole table"}
        if suspects:
            missing[table] = suspects
    return missing


def test_every_table_of_the_warehouse_is_covered(postgres: Cluster) -> None:
    tables = warehouse_columns(postgres)
    assert len(tables) == 28
    assert uncovered(tables) == {}


def test_a_new_table_of_the_warehouse_would_be_found(postgres: Cluster) -> None:
    """Negative control: a table of its own, and a column in one that is said to be nobody's."""
    tables = warehouse_columns(
        postgres,
        f"CREATE TABLE {SCHEMA}.call_result (customer_id text)",
        f"ALTER TABLE {SCHEMA}.audit ADD COLUMN phone_token text",
    )
    assert uncovered(tables) == {
        "call_result": {"the whole table"},
        "audit": {"phone_token"},
    }
