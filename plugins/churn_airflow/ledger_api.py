"""The ledger over HTTP, in Airflow's API server: ``POST /churn/ledger`` for a call centre's own system.

Who sends has to be logged in (401) and allowed to start the monthly DAG (403). Rows that cannot be used are set aside
with their reasons, as those of a file are, and named in the answer; sent again, nothing changes. It is mounted by
``plugins/churn_plugin.py``.
"""

from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from churn_tasks.by_hand.ledger import Import

DAG = "churn_monthly"  # who may start it may write to the ledger
MOST_ROWS = 5_000  # of one request


def ledger_app() -> "FastAPI":
    """The application that Airflow's API server mounts."""
    from airflow.api_fastapi.core_api.security import GetUserDep
    from fastapi import Depends, FastAPI, HTTPException
    from pydantic import BaseModel, ConfigDict, Field

    from churn_tasks.by_hand.ledger import import_rows
    from churn_tasks.core.errors import BadInput, ConnectionTrouble, SettingsError
    from churn_tasks.core.settings import load_settings

    class Contacts(BaseModel):
        """Rows under the names of ``include/ledger/entry.yaml``, and what sends them."""

        model_config = ConfigDict(extra="forbid")

        source: str = Field(min_length=1, max_length=100, pattern=r"\S")
        entries: list[dict[str, str | int | float | None]] = Field(
            min_length=1, max_length=MOST_ROWS
        )

    def allowed(user: GetUserDep) -> Any:
        if not may_write(user):
            raise HTTPException(
                403, f"writing to the ledger takes the right to start {DAG}"
            )
        return user

    app = FastAPI(title="Churn: the ledger", docs_url=None, redoc_url=None)

    @app.post("/ledger")
    def add_contacts(
        contacts: Contacts, user: Annotated[Any, Depends(allowed)]
    ) -> dict[str, Any]:
        source = f"{contacts.source.strip()}, sent by {user.get_name()}"
        try:
            done = import_rows(load_settings(), contacts.entries, source)
        except BadInput as error:
            raise HTTPException(422, str(error)) from None
        except (ConnectionTrouble, SettingsError) as error:
            raise HTTPException(503, str(error)) from None
        if done.aside == done.rows:
            raise HTTPException(422, told(done))
        return told(done)

    return app


def told(done: "Import") -> dict[str, Any]:
    """What became of the rows, and why each was set aside that was."""
    return {
        "rows": done.rows,
        "added": done.added,
        "known": done.known,
        "set_aside": done.aside,
        "held_out": done.held_out,
        "reasons": done.reasons,
    }


def may_write(user: Any) -> bool:
    """Whether Airflow lets somebody start the monthly DAG."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import (
        DagAccessEntity,
        DagDetails,
    )

    return get_auth_manager().is_authorized_dag(
        method="POST",
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=DAG),
        user=user,
    )
