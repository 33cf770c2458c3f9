"""Every role tries everything: what it may do is exactly what is written here."""

from functools import cache
from typing import Any

import psycopg
import pytest

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.adapters.warehouse.migration import FOLDER, digest, migrate
from churn_tasks.adapters.warehouse.publication import publish, stage, take_lease
from churn_tasks.adapters.warehouse.views import comments
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import (
    JUNE,
    SCHEMA,
    as_role,
    count,
    migrated,
    new_url,
    small_list,
    warehouse_at,
)

VIEWS = (
    "bi_warning_list",
    "bi_result",
    "bi_validation",
    "bi_promotion",
    "bi_publication",
    "bi_erasure",
    "bi_model_watch",
    "bi_trigger",
    "bi_ledger",
    "bi_effect",
    "bi_trigger_alarm",
    "bi_watch_day",
)
TABLES = (
    "publish_lease", "run", "audit", "warning_list", "manifest", "manifest_history", "result", "validation",
    "promotion", "model_file", "quarantine_release", "check_acceptance", "model_order", "vault", "migration",
    "applied_migration", "match_review", "match_decision", "list_remainder", "erasure", "erasure_month",
    "model_watch", "raised_trigger", "ledger", "ledger_rejected", "effect", "trigger_alarm", "watch_day",
)  # fmt: skip
EVERYTHING = (
    *TABLES,
    *VIEWS,
    "retention_call_list",
    "retention_trigger",
    "retention_alarm",
    "held_out",
    "review_queue",
)
ADDED_ONLY = (
    "run", "audit", "warning_list", "manifest_history", "result", "validation", "promotion", "model_file",
    "quarantine_release", "check_acceptance", "model_order", "model_watch", "raised_trigger",
    "ledger", "ledger_rejected", "effect",
)  # fmt: skip
READ = "SELECT * FROM {} LIMIT 1"
VERBS = {
    "select": READ,
    "insert": "INSERT INTO {} DEFAULT VALUES",
    "update": "UPDATE {} SET {column} = {column}",
    "delete": "DELETE FROM {}",
    "truncate": "TRUNCATE {} CASCADE",
    "drop": "DROP TABLE {}",
}
ALLOWED: dict[str, dict[str, frozenset[str]]] = {
    "churn_bi": dict.fromkeys(VIEWS, frozenset({"select"})),
    "churn_retention": {
        **dict.fromkeys(VIEWS, frozenset({"select"})),
        "retention_call_list": frozenset({"select"}),
        "retention_trigger": frozenset({"select"}),
        "retention_alarm": frozenset({"select"}),
        "vault": frozenset({"select"}),
    },
    "churn_loader": {
        **dict.fromkeys(ADDED_ONLY, frozenset({"select", "insert"})),
        **dict.fromkeys(
            ("manifest", "publish_lease", "watch_day"),
            frozenset({"select", "insert", "update"}),
        ),
        # only how an alarm ended may be changed, see test_alarms.py
        "trigger_alarm": frozenset({"select", "insert"}),
        "migration": frozenset({"select"}),
        "applied_migration": frozenset({"select"}),
        **dict.fromkeys(
            ("list_remainder", "erasure", "erasure_month"), frozenset({"select"})
        ),
        "vault": frozenset({"insert"}),
        "match_review": frozenset(
            {"insert"}
        ),  # and the numbers of the pairs, see test_reviews.py
    },
    "churn_reviewer": {
        "review_queue": frozenset({"select"}),
        "match_decision": frozenset({"select", "insert"}),
    },
}


@pytest.fixture(scope="module")
def url(postgres: Cluster) -> str:
    """A warehouse with one published list and one staged run that nobody may see."""
    address = new_url(postgres)
    connection = migrated(address)
    warehouse_at(address).store_numbers(
        [("token_1", "18012341234"), ("token_2", "13900001111")]
    )
    publish(connection, take_lease(connection, JUNE), "published", small_list(2))
    stage(connection, take_lease(connection, JUNE), "staged", small_list(3))
    connection.close()
    return address


@pytest.mark.parametrize("role", ALLOWED)
def test_each_role_may_do_exactly_this(url: str, role: str) -> None:
    tried = {
        (name, verb): _may(url, role, name, verb)
        for name in EVERYTHING
        for verb in VERBS
    }
    allowed = {
        (name, verb): verb in ALLOWED[role].get(name, ()) for name, verb in tried
    }
    assert len(tried) == 45 * 6
    assert tried == allowed


def test_a_stranger_may_do_nothing(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger NOLOGIN")
    assert not any(_may(url, "stranger", name, "select") for name in EVERYTHING)


def test_tables_and_functions_made_later_are_closed_as_well(url: str) -> None:
    """Negative control beside it: the same table made by another owner with PostgreSQL's own defaults for functions."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"SET ROLE churn_owner; SET search_path TO {SCHEMA}")
        admin.execute(
            "CREATE TABLE later (one int); CREATE FUNCTION later_one() RETURNS int LANGUAGE sql RETURN 1"
        )
        admin.execute("RESET ROLE")
        admin.execute("CREATE FUNCTION open_one() RETURNS int LANGUAGE sql RETURN 1")
    for role in ALLOWED:
        with as_role(url, role) as person:
            for closed in ("SELECT * FROM later", "SELECT later_one()"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    person.execute(closed)
            assert person.execute("SELECT open_one()").fetchone() == (1,)


def test_bi_sees_the_published_run_masked_and_nothing_of_the_staged_one(
    url: str,
) -> None:
    with as_role(url, "churn_bi") as analyst:
        rows = analyst.execute(
            "SELECT run_id, phone_masked, t::text FROM bi_warning_list AS t ORDER BY rank"
        ).fetchall()
    assert [row[:2] for row in rows] == [
        ("published", "180****1234"),
        ("published", "139****1111"),
    ]
    assert not any("18012341234" in row[2] or "token_" in row[2] for row in rows)
    assert (
        count(url, "SELECT count(*) FROM warning_list WHERE run_id = 'staged'") == 3
    ), "the staged rows are there"


def test_a_function_of_the_reader_does_not_see_behind_the_mask(url: str) -> None:
    """Views are security barriers: a cheap leaky function in WHERE is handed masked values only."""
    leak = (
        "CREATE FUNCTION pg_temp.leak(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0001"
        " AS $$BEGIN RAISE NOTICE '%', t; RETURN true; END$$"
    )
    heard: list[str] = []
    with as_role(url, "churn_bi") as analyst:
        analyst.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        analyst.execute(leak)
        analyst.execute(
            "SELECT * FROM bi_warning_list WHERE pg_temp.leak(phone_masked)"
        ).fetchall()
    assert sorted(heard) == ["139****1111", "180****1234"]


def test_only_retention_reads_clear_numbers(url: str) -> None:
    with as_role(url, "churn_retention") as caller:
        rows = caller.execute(
            "SELECT rank, phone_number FROM retention_call_list ORDER BY rank"
        ).fetchall()
    assert rows == [(1, "18012341234"), (2, "13900001111")]


def test_the_reader_of_the_product_sees_views_only(url: str) -> None:
    warehouse = warehouse_at(url)
    for hidden in (
        "vault",
        "warning_list",
        "raised_trigger",
        "retention_call_list",
        "retention_trigger",
    ):
        with pytest.raises(SettingsError, match="InsufficientPrivilege"):
            warehouse.read(f"SELECT * FROM {hidden}")
    assert len(warehouse.read("SELECT * FROM bi_warning_list")) == 2
    warehouse.close()


def test_a_short_number_is_not_shown_at_all(postgres: Cluster) -> None:
    address = new_url(postgres)
    connection = migrated(address)
    warehouse = warehouse_at(address)
    pairs = [
        ("token_1", "1001234"),
        ("token_2", "13900001111"),
        ("token_2", "13900001111"),
    ]
    assert warehouse.store_numbers(pairs) == 2
    assert warehouse.store_numbers([("token_2", "13900002222")]) == 0, (
        "a token keeps the number it was made from"
    )
    publish(connection, take_lease(connection, JUNE), "run_a", small_list(2))
    assert [row["phone_masked"] for row in warehouse.published(JUNE)] == [
        None,
        "139****1111",
    ]
    warehouse.close()
    connection.close()


def test_migrating_again_changes_nothing_and_keeps_the_rows(url: str) -> None:
    connection = migrated(url)
    before = count(url, "SELECT count(*) FROM warning_list")
    assert migrate(connection) is False
    with psycopg.connect(url) as admin:
        admin.execute(f"DELETE FROM {SCHEMA}.migration")
    assert migrate(connection) is True
    assert count(url, "SELECT digest FROM migration") == digest()
    assert count(url, "SELECT count(*) FROM warning_list") == before
    connection.close()


def test_no_superuser_is_needed(postgres: Cluster) -> None:
    """A deployer who may create roles sets up; a service with the loader's and the reader's role alone publishes."""
    address = new_url(postgres)
    name = address.split("/")[3].partition("?")[0]
    deployer, service = f"{name}_deployer", f"{name}_service"
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(
            f"CREATE ROLE {deployer} LOGIN CREATEROLE; CREATE ROLE {service} LOGIN"
        )
        admin.execute(f"GRANT CREATE ON DATABASE {name} TO {deployer}")
        for role in (
            "churn_owner",
            "churn_loader",
            "churn_bi",
        ):  # made by earlier tests of this cluster
            admin.execute(f"GRANT {role} TO {deployer}")
        admin.execute(f"GRANT churn_loader, churn_bi TO {service}")
    serving = warehouse_at(postgres.url(name, service))
    with pytest.raises(SettingsError, match="user who may create roles"):
        serving.take_lease(JUNE)
    migrated(postgres.url(name, deployer)).close()
    assert serving.store_numbers([("token_1", "18012341234")]) == 1
    serving.publish(serving.take_lease(JUNE), "run_a", small_list(2))
    assert [row["phone_masked"] for row in serving.published(JUNE)] == [
        "180****1234",
        None,
    ]
    serving.close()
    with psycopg.connect(postgres.url(name, service)) as person:
        for forbidden in (
            f"SELECT * FROM {SCHEMA}.vault",
            f"DELETE FROM {SCHEMA}.warning_list",
            "SET ROLE churn_owner",
        ):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                person.transaction(),
            ):
                person.execute(forbidden)


def test_two_profiles_share_one_database_and_nothing_else(url: str) -> None:
    other = Warehouse(
        load_settings("telecom", warehouse_url=url).model_copy(
            update={"profile": "second"}
        )
    )
    assert other.published(JUNE) == []
    assert len(warehouse_at(url).published(JUNE)) == 2
    other.close()


def test_every_column_that_people_see_has_its_meaning_in_both_languages(
    url: str,
) -> None:
    meanings = _column_comments(url)
    assert (
        {view for view, _ in meanings}
        == {
            *VIEWS,
            "retention_call_list",
            "retention_trigger",
            "retention_alarm",
            "held_out",
            "review_queue",
        }
        == set(comments(FOLDER))
    )
    assert len(meanings) > 60
    assert not [
        place for place, text in meanings.items() if not text or " | " not in text
    ]
    assert meanings["bi_warning_list", "churn_score"].startswith("流失倾向评分")


def _may(url: str, role: str, name: str, verb: str) -> bool:
    """Really try, and take it back. Reaching the rows is allowed, also when a row is then refused for what it holds."""
    with as_role(url, role) as person:
        person.autocommit = False
        try:
            person.execute(VERBS[verb].format(name, column=_second_column(url, name)))
        except psycopg.IntegrityError:
            return True
        except psycopg.Error:
            return False
        finally:
            person.rollback()
    return True


@cache
def _second_column(url: str, name: str) -> str:
    """A column that can be updated; the first may be generated."""
    relation = f"{SCHEMA}.{name}"
    return str(
        count(
            url,
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 2",
            relation,
        )
    )


def _column_comments(url: str) -> dict[tuple[str, str], Any]:
    with psycopg.connect(url) as admin:
        rows = admin.execute(
            "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class AS c"
            " INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relkind = 'v' AND c.relnamespace = %s::regnamespace",
            (SCHEMA,),
        ).fetchall()
    return {(view, column): text for view, column, text in rows}
