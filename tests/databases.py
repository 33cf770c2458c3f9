"""A database of a test's own that begins as a copy of another."""

import psycopg
from psycopg.sql import SQL, Identifier

from churn_tasks.local.postgres import Cluster


def copied_database(cluster: Cluster, original: str, name: str) -> str:
    """Make the database ``name`` with everything that ``original`` holds, and return its address.

    Who is connected to the original is cut off: PostgreSQL copies only what nobody uses.
    """
    copy = SQL("CREATE DATABASE {} TEMPLATE {}").format(
        Identifier(name), Identifier(original)
    )
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (original,),
        )
        admin.execute(copy)
    return cluster.url(name)
