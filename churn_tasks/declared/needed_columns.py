"""The columns without which the rest of a month cannot run: who was active, and who a customer is.

``month_activity`` and, where there is one, ``month_profile`` may be made by a query of the profile's own; every query
of cohorts, labels and lists reads them.
"""

from collections.abc import Iterable

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.naming import not_among
from churn_tasks.declared.query import Query

# with what a source says that does not know it
NEEDED = {
    "month_activity": {
        "customer_id": "the customer's number",
        "is_active": "true where the month shows the customer",
        "revenue_cny": "0 where nothing is paid",
    },
    "month_profile": {
        "customer_id": "the customer's number",
        "phone_token": "NULL where there are no phone numbers",
        "region_code": "NULL where there are no regions",
        "customer_group": "NULL where there are no groups",
        "has_left": "false where no account is ever closed",
        "closed_date": "CAST(NULL AS DATE) where no account is ever closed",
    },
}


def refuse_without(queries: Iterable[Query]) -> None:
    """Refuse a query that makes one of these tables without a column that is read of it.

    Raises:
        SettingsError: naming the file, the columns, and what to select where the source has no such thing.
    """
    for query in queries:
        needed = NEEDED.get(query.output.table, {})
        missing = not_among(needed, query.output.column_names)
        if missing:
            listed = "; ".join(f"{name} ({needed[name]})" for name in missing)
            raise SettingsError(
                f"{query.folder}/query.yaml makes {query.output.table} without {listed}."
                " Select and declare them (docs/own_data.md)."
            )
