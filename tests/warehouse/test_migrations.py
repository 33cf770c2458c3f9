"""A filled warehouse changes its shape: rows, and the rights and views of others, come through, or nothing changes.

The migrations that rename, retype and drop are those of docs/warehouse_migrations.md, run as they stand there.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from churn_tasks.adapters.warehouse import ListOutcome
from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.migration import FOLDER, migrate
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import REPOSITORY
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import JUNE, SCHEMA, new_url, small_list, warehouse_at

PAGE = REPOSITORY / "docs" / "warehouse_migrations.md"
OUTCOME = ListOutcome(
    customers=1000,
    churners=80,
    left_in_delay=10,
    warned=50,
    warned_churners=40,
    warned_left_in_delay=2,
)

BY_DAYS = replace(
    OUTCOME,
    left_in_delay=4,
    warned_left_in_delay=1,
    left_before_list=6,
    left_later=70,
    rotated=5,
    leavers=89,
    warned_left_before_list=1,
    warned_left_later=5,
    warned_rotated=1,
    warned_in_time=37,
    days_to_leaving_lower=20.25,
    days_to_leaving_median=31.5,
    days_to_leaving_upper=44.0,
)


@dataclass(frozen=True)
class Filled:
    """A warehouse with a list and its outcome, an analyst who reads it, and files of its shape that a test may edit."""

    url: str
    analyst: str
    shape: Path

    def upgrade(self) -> bool:
        connection = Connection(self.url, SCHEMA)
        try:
            return migrate(connection, self.shape)
        finally:
            connection.close()

    def add_migration(self, name: str) -> None:
        """One of the page's migrations, into the file that its first line names."""
        texts = re.findall(
            r"```sql\n-- migrations/(\S+)\n(.*?)```", PAGE.read_text(), re.S
        )
        (text,) = [text for file, text in texts if file == f"{name}.sql"]
        (self.shape / "migrations" / f"{name}.sql").write_text(text)

    def edit(self, file: str, pattern: str, replacement: str) -> None:
        path = self.shape / file
        text, times = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
        assert times, f"{file} has no {pattern}"
        path.write_text(text, encoding="utf-8")

    def as_admin(self, statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(statements)

    def as_analyst(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as person:
            person.execute(f"SET SESSION ROLE {self.analyst}")
            return person.execute(statement).fetchall()

    def analyst_view(self, select: str) -> None:
        """A view that the analyst has made in a schema of their own."""
        self.as_admin(f"SET ROLE {self.analyst}; CREATE VIEW analysts.mine AS {select}")

    def type_of(self, relation: str, column: str) -> str | None:
        with psycopg.connect(self.url) as admin:
            row = admin.execute(
                "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attname = %s",
                (f"{SCHEMA}.{relation}", column),
            ).fetchone()
        return row[0] if row else None


@pytest.fixture
def filled(postgres: Cluster, tmp_path: Path) -> Iterator[Filled]:
    url = new_url(postgres)
    warehouse = warehouse_at(url)
    warehouse.store_numbers([("token_1", "18012341234")])
    warehouse.publish(warehouse.take_lease(JUNE), "run_a", small_list(3))
    warehouse.record_outcome(JUNE, OUTCOME)
    warehouse.close()
    database = url.split("/")[3].partition("?")[0]
    made = Filled(url, f"{database}_analyst", tmp_path / "warehouse")
    shutil.copytree(FOLDER, made.shape)
    made.as_admin(
        f"CREATE ROLE {made.analyst}; CREATE SCHEMA analysts AUTHORIZATION {made.analyst};"
        f" GRANT USAGE ON SCHEMA {SCHEMA} TO {made.analyst};"
        f" GRANT SELECT ON {SCHEMA}.bi_result, {SCHEMA}.bi_warning_list TO {made.analyst};"
        f" GRANT SELECT (rank, action_priority) ON {SCHEMA}.retention_call_list TO {made.analyst}"
    )
    yield made
    made.as_admin(f"DROP OWNED BY {made.analyst} CASCADE; DROP ROLE {made.analyst}")


def test_a_column_is_renamed(filled: Filled) -> None:
    filled.analyst_view(f"SELECT month, warned FROM {SCHEMA}.bi_result")
    filled.add_migration("0002_rename")
    filled.edit("views/bi_result.sql", r"r\.warned\b", "r.listed")
    filled.edit("views.yaml", r"\bwarned:", "listed:")
    assert filled.upgrade() is True
    assert filled.as_analyst(f"SELECT listed FROM {SCHEMA}.bi_result") == [(50,)]
    assert filled.as_analyst("SELECT warned FROM analysts.mine") == [(50,)]
    assert filled.type_of("result", "warned") is None


def test_a_column_is_retyped(filled: Filled) -> None:
    filled.add_migration("0002_retype")
    assert filled.type_of("bi_warning_list", "action_priority") == "double precision"
    assert filled.upgrade() is True
    for relation in ("warning_list", "bi_warning_list", "retention_call_list"):
        assert filled.type_of(relation, "action_priority") == "numeric(18,6)"
    for view in ("bi_warning_list", "retention_call_list"):
        rows = filled.as_analyst(
            f"SELECT rank, action_priority FROM {SCHEMA}.{view} ORDER BY rank"
        )
        assert rows == [(1, 20), (2, 20), (3, 20)], "rows and rights came through"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        filled.as_analyst(f"SELECT phone_number FROM {SCHEMA}.retention_call_list")


def test_a_column_is_dropped(filled: Filled) -> None:
    filled.add_migration("0002_drop")
    filled.edit("views/bi_result.sql", r" +r\.left_later,\n", "")
    assert filled.upgrade() is True
    assert filled.type_of("result", "left_later") is None
    assert filled.type_of("bi_result", "left_later") is None
    rows = filled.as_analyst(f"SELECT customers, warned FROM {SCHEMA}.bi_result")
    assert rows == [(1000, 50)]


@pytest.mark.parametrize(
    ("migration", "view", "column"),
    [
        ("0002_retype", "bi_warning_list", "action_priority"),
        ("0002_drop", "bi_result", "left_later"),
    ],
)
def test_nothing_changes_while_a_view_of_others_stands_in_the_way(
    filled: Filled, migration: str, view: str, column: str
) -> None:
    before = filled.type_of(view, column)
    filled.analyst_view(f"SELECT month FROM {SCHEMA}.{view}")
    filled.add_migration(migration)
    if migration == "0002_drop":
        filled.edit("views/bi_result.sql", r" +r\.left_later,\n", "")
    with pytest.raises(
        SettingsError, match=rf"{migration}.*view analysts\.mine"
    ) as told:
        filled.upgrade()
    assert "is as it was" in str(told.value)
    assert filled.type_of(view, column) == before
    assert len(filled.as_analyst("SELECT month FROM analysts.mine")) > 0
    filled.as_admin("DROP VIEW analysts.mine")
    assert filled.upgrade() is True
    assert filled.type_of(view, column) != before


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (
            "FUNCTION analysts.mine() RETURNS bigint"
            f" BEGIN ATOMIC SELECT sum(customers)::bigint FROM {SCHEMA}.bi_result; END",
            r"function analysts\.mine\(\)",
        ),
        (
            f"MATERIALIZED VIEW analysts.mine AS SELECT month FROM {SCHEMA}.bi_result",
            r"materialized view analysts\.mine",
        ),
    ],
)
def test_whatever_is_built_on_a_view_is_named(
    filled: Filled, made: str, named: str
) -> None:
    filled.as_admin(f"CREATE {made}")
    filled.edit(
        "views/bi_result.sql",
        r" +r\.customers,\n +r\.churners,",
        "r.churners, r.customers,",
    )
    with pytest.raises(SettingsError, match=rf"the view bi_result.*{named}"):
        filled.upgrade()
    filled.as_admin(f"DROP {named.partition(' analysts')[0]} analysts.mine")
    assert filled.upgrade() is True


def test_a_table_column_that_a_view_shows_is_not_retyped_behind_its_back(
    filled: Filled,
) -> None:
    """A migration that forgets to drop the views is refused by name of the view."""
    migration = filled.shape / "migrations" / "0002_forgetful.sql"
    migration.write_text(
        "ALTER TABLE {schema}.warning_list ALTER COLUMN action_priority TYPE numeric(18, 6);"
    )
    with pytest.raises(SettingsError, match=r"0002_forgetful.*bi_warning_list"):
        filled.upgrade()


def test_a_column_at_the_end_of_a_view_disturbs_nobody(filled: Filled) -> None:
    filled.analyst_view(f"SELECT month, warned FROM {SCHEMA}.bi_result")
    filled.edit(
        "views/bi_result.sql",
        r"r\.days_to_leaving_upper\n",
        "r.days_to_leaving_upper, 1 AS round\n",
    )
    filled.edit("views.yaml", r"(\n +)warned:", r"\1round: {en: one, zh: 一}\1warned:")
    assert filled.upgrade() is True
    assert filled.as_analyst("SELECT warned FROM analysts.mine") == [(50,)]
    assert filled.as_analyst(f"SELECT round FROM {SCHEMA}.bi_result") == [(1,)]


def test_a_view_with_its_columns_in_another_order_is_made_again(filled: Filled) -> None:
    filled.edit(
        "views/bi_result.sql",
        r" +r\.customers,\n +r\.churners,",
        "r.churners, r.customers,",
    )
    filled.as_admin(
        f"GRANT SELECT ON {SCHEMA}.bi_result TO {filled.analyst} WITH GRANT OPTION"
    )
    assert filled.upgrade() is True
    rows = filled.as_analyst(f"SELECT churners, customers FROM {SCHEMA}.bi_result")
    assert rows == [(80, 1000)]
    given = filled.as_analyst(
        f"SELECT has_table_privilege('{SCHEMA}.bi_result', 'SELECT WITH GRANT OPTION')"
    )
    assert given == [(True,)]


def test_a_view_dropped_and_made_again_by_hand_loses_the_rights_of_others(
    filled: Filled,
) -> None:
    """Negative control: what the upgrade does about rights is needed."""
    text = (FOLDER / "views" / "bi_result.sql").read_text()
    filled.as_admin(f"DROP VIEW {SCHEMA}.bi_result; {text.replace('{schema}', SCHEMA)}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        filled.as_analyst(f"SELECT * FROM {SCHEMA}.bi_result")


def test_a_warehouse_from_before_numbered_migrations_is_taken_over(
    filled: Filled,
) -> None:
    filled.analyst_view(f"SELECT month, warned FROM {SCHEMA}.bi_result")
    filled.as_admin(
        f"DROP TABLE {SCHEMA}.applied_migration; UPDATE {SCHEMA}.migration SET digest = 'of an earlier version'"
    )
    assert filled.upgrade() is True
    assert filled.as_analyst("SELECT warned FROM analysts.mine") == [(50,)]
    assert filled.upgrade() is False


def test_an_applied_migration_is_never_edited(filled: Filled) -> None:
    filled.edit("migrations/0001_tables.sql", r"\A", "-- edited\n")
    with pytest.raises(SettingsError, match=r"0001_tables\.sql was edited"):
        filled.upgrade()


def test_an_older_version_keeps_its_hands_off(filled: Filled) -> None:
    filled.add_migration("0002_rename")
    filled.edit("views/bi_result.sql", r"r\.warned\b", "r.listed")
    filled.edit("views.yaml", r"\bwarned:", "listed:")
    filled.upgrade()
    older = Connection(filled.url, SCHEMA)
    with pytest.raises(SettingsError, match="does not know: 0002_rename"):
        migrate(older)
    older.close()
    assert filled.type_of("bi_result", "listed") == "bigint"


def test_results_from_before_days_of_leaving_stay_as_they_were(filled: Filled) -> None:
    """New columns are empty, rates rest on what the row holds, and the next record is a revision beside it."""
    migration = (FOLDER / "migrations" / "0005_days_of_leaving.sql").read_text()
    columns = re.findall(r"ADD COLUMN IF NOT EXISTS (\w+)", migration)
    assert len(columns) == 11
    dropped = ", ".join(f"DROP COLUMN {column}" for column in columns)
    filled.as_admin(
        f"DROP VIEW {SCHEMA}.bi_result; ALTER TABLE {SCHEMA}.result {dropped};"
        f" DELETE FROM {SCHEMA}.applied_migration WHERE name LIKE '0005%';"
        f" UPDATE {SCHEMA}.migration SET digest = 'of an earlier version'"
    )
    assert filled.upgrade() is True
    shown = (
        "customers, at_risk, precision_pct, precision_in_time_pct, left_before_list,"
        " days_to_leaving_median"
    )
    told = f"SELECT {shown} FROM {SCHEMA}.bi_result"
    filled.as_admin(f"GRANT SELECT ON {SCHEMA}.bi_result TO {filled.analyst}")
    known = Decimal("83.33")  # 40 of the 48 who had not left before the window
    assert filled.as_analyst(told) == [(1000, 990, known, None, None, None)]
    warehouse = warehouse_at(filled.url)
    assert warehouse.record_outcome(JUNE, BY_DAYS) is True
    assert warehouse.record_outcome(JUNE, BY_DAYS) is False, "the same figures again"
    warehouse.close()
    known = Decimal(
        "85.11"
    )  # 40 of 47: one of 50 left before the list, 1 after, 1 changed lines
    in_time = Decimal("75.51")  # 37 of 49
    assert filled.as_analyst(told) == [(1000, 985, known, in_time, 6, 31.5)]


def test_migrations_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (FOLDER / "migrations").iterdir())
    assert names
    for number, name in enumerate(names, start=1):
        assert re.fullmatch(rf"{number:04}_[a-z0-9_]+\.sql", name)
