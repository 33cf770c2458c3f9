"""Who may not create roles sets the warehouse up with roles that are there, or is told what a DBA has to run."""

import uuid
from dataclasses import dataclass

import psycopg
import pytest

from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.migration import migrate
from churn_tasks.adapters.warehouse.roles import ROLES
from churn_tasks.core.errors import SettingsError
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import JUNE, SCHEMA, new_url, small_list, warehouse_at

GROUP_ROLES = ", ".join(ROLES)


@dataclass(frozen=True)
class Managed:
    """A database whose administrator gives nobody CREATEROLE, and the pipeline's login."""

    admin_url: str
    url: str
    database: str
    login: str

    def as_dba(self, statements: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(statements)

    def set_up(self) -> None:
        connection = Connection(self.url, SCHEMA)
        try:
            migrate(connection)
        finally:
            connection.close()

    def told(self) -> list[str]:
        """The statements that the refusal leaves for a DBA."""
        with pytest.raises(SettingsError, match="a DBA runs this") as told:
            self.set_up()
        lines = str(told.value).splitlines()
        assert f"database {self.database}" in lines[0]
        return [line.strip() for line in lines if line.startswith("    ")]

    def publishes(self) -> None:
        warehouse = warehouse_at(self.url)
        assert warehouse.store_numbers([("token_1", "18012341234")]) == 1
        warehouse.publish(warehouse.take_lease(JUNE), "run_a", small_list(2))
        assert len(warehouse.published(JUNE)) == 2
        warehouse.close()


@pytest.fixture
def managed(postgres: Cluster) -> Managed:
    """The roles are there: other tests of the cluster need them as well."""
    admin_url = new_url(postgres)
    database = admin_url.split("/")[3].partition("?")[0]
    login = f"{database}_pipeline"
    made = Managed(admin_url, postgres.url(database, login), database, login)
    for role in ROLES:
        made.as_dba(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOINHERIT;"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
    made.as_dba(f"CREATE ROLE {login} LOGIN")
    return made


def test_roles_that_were_granted_are_enough_for_who_owns_the_database(
    managed: Managed,
) -> None:
    managed.as_dba(
        f"GRANT {GROUP_ROLES} TO {managed.login};"
        f" ALTER DATABASE {managed.database} OWNER TO {managed.login}"
    )
    managed.set_up()
    managed.publishes()


def test_the_schema_may_be_made_by_a_dba_as_well(managed: Managed) -> None:
    """Who owns nothing and may create nothing, but may take the three roles."""
    managed.as_dba(
        f"GRANT churn_owner, churn_loader, churn_bi TO {managed.login};"
        f" CREATE SCHEMA {SCHEMA} AUTHORIZATION churn_owner"
    )
    managed.set_up()
    managed.publishes()


def test_what_is_missing_comes_as_statements_that_a_dba_can_run(
    managed: Managed,
) -> None:
    statements = managed.told()
    assert statements == [
        f'GRANT "churn_owner" TO "{managed.login}";',
        f'GRANT "churn_loader" TO "{managed.login}";',
        f'GRANT "churn_bi" TO "{managed.login}";',
        f'CREATE SCHEMA "{SCHEMA}" AUTHORIZATION churn_owner;',
    ]
    managed.as_dba(" ".join(statements))
    managed.set_up()
    managed.publishes()


def test_a_schema_of_somebody_else_and_no_temporary_tables(managed: Managed) -> None:
    managed.as_dba(
        f"GRANT {GROUP_ROLES} TO {managed.login}; CREATE SCHEMA {SCHEMA};"
        f" REVOKE TEMPORARY ON DATABASE {managed.database} FROM PUBLIC"
    )
    statements = managed.told()
    assert statements == [
        f'GRANT TEMPORARY ON DATABASE "{managed.database}" TO churn_loader;',
        f'ALTER SCHEMA "{SCHEMA}" OWNER TO churn_owner;',
    ]
    managed.as_dba(" ".join(statements))
    managed.set_up()
    managed.publishes()


def test_a_membership_that_cannot_be_taken_is_no_membership(managed: Managed) -> None:
    managed.as_dba(
        f"GRANT {GROUP_ROLES} TO {managed.login}; CREATE SCHEMA {SCHEMA} AUTHORIZATION churn_owner;"
        f" GRANT churn_bi TO {managed.login} WITH SET FALSE"
    )
    statements = managed.told()
    assert statements == [f'GRANT "churn_bi" TO "{managed.login}" WITH SET TRUE;']
    managed.as_dba(" ".join(statements))
    managed.set_up()
    managed.publishes()


def test_roles_that_are_missing_are_asked_for_by_name(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A cluster of its own, because roles belong to all databases of one."""
    cluster = Cluster(tmp_path_factory.mktemp("bare"), durable=False)
    cluster.start()
    try:
        admin_url = new_url(cluster)
        database = admin_url.split("/")[3].partition("?")[0]
        bare = Managed(
            admin_url, cluster.url(database, "pipeline"), database, "pipeline"
        )
        bare.as_dba("CREATE ROLE pipeline LOGIN; CREATE ROLE churn_bi NOLOGIN")
        statements = bare.told()
        assert [line for line in statements if line.startswith("CREATE ROLE")] == [
            f'CREATE ROLE "{role}" NOLOGIN NOINHERIT;'
            for role in ROLES
            if role != "churn_bi"
        ]
        assert len(statements) == 4 + 3 + 1 + 1  # roles, memberships, TEMPORARY, schema
        bare.as_dba(" ".join(statements))
        bare.set_up()
        bare.publishes()
    finally:
        cluster.remove()


def test_who_may_create_roles_is_asked_for_nothing(managed: Managed) -> None:
    """Negative control: the superuser of the demo sets up an empty database without a word."""
    connection = Connection(managed.admin_url, SCHEMA)
    assert migrate(connection) is True
    assert migrate(connection) is False
    connection.close()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_is_not_utf_8_is_refused_by_name(
    postgres: Cluster, encoding: str
) -> None:
    name = f"other_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
    warehouse = warehouse_at(postgres.url(name))
    with pytest.raises(
        SettingsError, match=rf"database {name} has the encoding {encoding}.*UTF8"
    ):
        warehouse.take_lease(JUNE)
    warehouse.close()


def test_a_session_speaks_utf_8_whatever_the_machine_says(
    postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    warehouse = warehouse_at(new_url(postgres))
    (row,) = warehouse.read("SELECT '北京' AS place")
    assert row == {"place": "北京"}
    warehouse.close()
