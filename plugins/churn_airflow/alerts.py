"""Tells people that a task has failed: one file, one log line and, where an address is set, one message.

Airflow may call a failure callback twice for one failure, from two processes. The file is created exclusively under
a name made of DAG, run, task, try and kind, so the second call finds it there and stays silent.
"""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings, load_settings

log = logging.getLogger("churn.alert")


def alert(context: Mapping[str, Any]) -> None:
    """Airflow's failure callback. Never raises: an alert that fails must not hide what it is about."""
    try:
        announce("failed", context, load_settings())
    except Exception:
        log.exception("the alert itself failed")


def announce(kind: str, context: Mapping[str, Any], settings: Settings) -> bool:
    """Write the alert and send it on, unless it was announced before.

    Returns:
        Whether this call was the first for this failure.
    """
    instance = context["ti"]
    message = {
        "kind": kind,
        "dag": instance.dag_id,
        "run": instance.run_id,
        "task": instance.task_id,
        "try": instance.try_number,
        "profile": settings.profile,
        "error": masked(str(context.get("exception") or "the task was killed"))[:1000],
    }
    path = _path(settings, message)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(message, file, ensure_ascii=False, indent=1)
    log.error(
        "%(dag)s %(task)s %(kind)s in run %(run)s, try %(try)s: %(error)s", message
    )
    if settings.environment.alert_url:
        _post(settings.environment.alert_url, message)
    return True


def _path(settings: Settings, message: Mapping[str, Any]) -> Path:
    key = "/".join(str(message[name]) for name in ("dag", "run", "task", "try", "kind"))
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    name = f"{message['task']}-{message['kind']}-{digest}.json"
    return settings.state_dir / "alerts" / name


def _post(url: str, message: Mapping[str, Any]) -> None:
    import httpx

    try:
        httpx.post(url, json=dict(message), timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        log.error(
            "the alert could not be sent to the webhook: %s", type(error).__name__
        )
