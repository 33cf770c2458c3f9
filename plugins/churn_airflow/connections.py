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

# Airflow's type of a connection -> dialect and driver; sqlalchemy_scheme in its extra goes before
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
    found = (
        storage_options(name, connection)
        if settings.source.kind == "files"
        else source_url(settings, connection)
    )
    return settings.model_copy(
        update={"environment": settings.environment.model_copy(update=found)}
    )


def source_url(settings: Settings, connection: Any) -> dict[str, str]:
    """The address of a database: dialect, account, host and name; the extra's plain fields as the driver's options."""
    extra = dict(connection.extra_dejson)
    named = extra.pop("sqlalchemy_scheme", None)
    scheme = (
        "postgresql"
        if settings.source.kind == "postgres"
        else named or _scheme(settings, connection.conn_type)
    )
    options = {
        key: value
        for key, value in extra.items()
        if isinstance(value, (str, int, float))
    }
    if connection.conn_type == "sqlite":
        return {"source_url": f"{scheme}:///{connection.host}"}
    account = quote(connection.login or "", safe="")
    if connection.password:
        account += ":" + quote(connection.password, safe="")
    host = (connection.host or "") + (f":{connection.port}" if connection.port else "")
    url = f"{scheme}://{account}{'@' if account else ''}{host}/{quote(connection.schema or '', safe='')}"
    return {"source_url": url + ("?" + urlencode(options) if options else "")}


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
    options: dict[str, Any] = {"key": connection.login, "secret": connection.password}
    options |= (
        {"endpoint_url": extra["endpoint_url"]} if "endpoint_url" in extra else {}
    )
    options |= (
        {"token": extra["aws_session_token"]} if "aws_session_token" in extra else {}
    )
    if "region_name" in extra:
        options["client_kwargs"] = {"region_name": extra["region_name"]}
    return {
        "data_options": json.dumps(
            {key: value for key, value in options.items() if value}
        )
    }


def _scheme(settings: Settings, kind: str) -> str:
    try:
        return SCHEMES[kind]
    except KeyError:
        raise SettingsError(
            f"source.connection {settings.source.connection!r} is of type {kind!r}, whose driver is not known; write it"
            ' into the extra of the connection, e.g. {"sqlalchemy_scheme": "mysql+pymysql"}'
        ) from None
