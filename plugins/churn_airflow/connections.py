"""The source's address and keys out of an Airflow connection, put into the settings of the task's own process.

``source.connection`` of the profile names the connection. It takes the place of ``CHURN_SOURCE_URL``, or for a profile
that reads files of ``CHURN_DATA_OPTIONS``. Airflow masks what it hands out in its logs; the address goes nowhere else.
"""

import json
from typing import Any
from urllib.parse import quote, urlencode

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import Settings

SCHEME = "sqlalchemy_scheme"  # in a connection's extra; goes before what follows
# Airflow's type of a connection -> dialect and driver
SCHEMES = {
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mssql": "mssql+pymssql",
    "oracle": "oracle+oracledb",
    "sqlite": "sqlite",
}


def connected(settings: Settings) -> Settings:
    """The settings with what the named connection holds; unchanged when none is named.

    Raises:
        SettingsError: Airflow has no such connection, or it is of a type that does not fit the source.
    """
    name = settings.source.connection
    if not name:
        return settings
    try:
        connection = Connection.get(name)
    except AirflowNotFoundException:
        raise SettingsError(
            f"source.connection is {name!r}, which Airflow does not know; add it under Admin, Connections, or set"
            f" AIRFLOW_CONN_{name.upper()}"
        ) from None
    given = _given(settings, connection)
    environment = settings.environment.model_copy(update=given)
    return settings.model_copy(update={"environment": environment})


def _given(settings: Settings, connection: Any) -> dict[str, str]:
    if settings.source.kind == "files":
        return storage_options(settings.source.connection, connection)
    return source_url(settings, connection)


def source_url(settings: Settings, connection: Any) -> dict[str, str]:
    """The address of a database: dialect, account, host and name; the extra's plain fields as the driver's options."""
    scheme = _scheme(settings, connection)
    if connection.conn_type == "sqlite":
        return {"source_url": f"{scheme}:///{connection.host}"}
    database = quote(connection.schema or "", safe="")
    url = f"{scheme}://{_account(connection)}{_host(connection)}/{database}"
    options = _options(connection)
    if options:
        url += f"?{urlencode(options)}"
    return {"source_url": url}


def _account(connection: Any) -> str:
    """``user:password@``, or nothing."""
    account = quote(connection.login or "", safe="")
    if connection.password:
        account += ":" + quote(connection.password, safe="")
    return f"{account}@" if account else ""


def _host(connection: Any) -> str:
    host = connection.host or ""
    return f"{host}:{connection.port}" if connection.port else host


def _options(connection: Any) -> dict[str, str | int | float]:
    """The plain fields of the extra, but for the one that is ours."""
    return {
        key: value
        for key, value in connection.extra_dejson.items()
        if key != SCHEME and isinstance(value, (str, int, float))
    }


def storage_options(name: str, connection: Any) -> dict[str, str]:
    """Keys and endpoint of an object storage, as fsspec's s3 wants them.

    Raises:
        SettingsError: the connection is of another type than aws.
    """
    if connection.conn_type != "aws":
        raise SettingsError(
            f"source.connection {name!r} is of type {connection.conn_type!r}; files are read with one of type aws (S3"
            " and what speaks S3), or with CHURN_DATA_OPTIONS"
        )
    extra = connection.extra_dejson
    options: dict[str, Any] = {
        "key": connection.login,
        "secret": connection.password,
        "endpoint_url": extra.get("endpoint_url"),
        "token": extra.get("aws_session_token"),
    }
    if "region_name" in extra:
        options["client_kwargs"] = {"region_name": extra["region_name"]}
    given = {name: value for name, value in options.items() if value}
    return {"data_options": json.dumps(given)}


def _scheme(settings: Settings, connection: Any) -> str:
    """Dialect and driver: by the kind of the source, by the extra, or by Airflow's type of the connection.

    Raises:
        SettingsError: none of them tells.
    """
    if settings.source.kind == "postgres":
        return "postgresql"
    kind = connection.conn_type
    scheme = connection.extra_dejson.get(SCHEME) or SCHEMES.get(kind)
    if scheme is None:
        raise SettingsError(
            f"source.connection {settings.source.connection!r} is of type {kind!r}, whose driver is not known; write it"
            ' into the extra of the connection, e.g. {"sqlalchemy_scheme": "mysql+pymysql"}'
        )
    return str(scheme)
