"""What Airflow keeps of a question to a person, and an answer as it hands one on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

CONTEXT = {"task_instance": type("Instance", (), {"id": "1"})()}


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """In place of Airflow's own part of asking: the requests that it would keep."""
    from airflow.providers.standard.operators import hitl

    kept: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **given: kept.append(given))
    yield kept


def answer(option: str, why: str = "") -> dict[str, Any]:
    """One option, chosen by li."""
    return {
        "chosen_options": [option],
        "params_input": {"why": why},
        "responded_at": datetime(2024, 9, 6, tzinfo=UTC),
        "responded_by_user": {"id": "7", "name": "li"},
    }
