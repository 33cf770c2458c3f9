"""What the product adds to Airflow itself. Airflow loads this file in every process, so it imports nothing heavy."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/churn"


class LedgerWhenAsked:
    """The ledger's application (``churn_airflow/ledger_api.py``), put together with the first request."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            from churn_airflow.ledger_api import ledger_app

            self._app = ledger_app()
        await self._app(scope, receive, send)


class ChurnPlugin(AirflowPlugin):
    """``POST /churn/ledger`` in the API server."""

    name = "churn"
    fastapi_apps: ClassVar[list[Any]] = [
        {"app": LedgerWhenAsked(), "url_prefix": PREFIX, "name": "churn ledger"}
    ]
