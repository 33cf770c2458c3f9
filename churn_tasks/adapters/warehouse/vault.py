"""The one way clear phone numbers enter the warehouse. There is none back: the loader may add and cannot read."""

from collections.abc import Iterable

from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.rows import append


def store_numbers(connection: Connection, pairs: Iterable[tuple[str, str]]) -> int:
    """Add tokens with their numbers; a token that is there keeps its number, for it was made from it.

    Returns:
        Pairs that were new.
    """
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            "CREATE TEMP TABLE arriving (phone_token text, phone_number text) ON COMMIT DROP"
        )
        append(cursor, "arriving", ("phone_token", "phone_number"), pairs)
        cursor.execute(
            "INSERT INTO vault (phone_token, phone_number) SELECT phone_token, min(phone_number) FROM arriving"
            " WHERE phone_token IS NOT NULL AND phone_number IS NOT NULL"
            " GROUP BY phone_token ORDER BY phone_token ON CONFLICT DO NOTHING"
        )
        return cursor.rowcount
