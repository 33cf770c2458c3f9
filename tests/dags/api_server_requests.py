"""Requests to Airflow's own application with the product's plugin, in a process of its own: one status a line."""

import sys

from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.utils.db import initdb
from fastapi.testclient import TestClient

BODY = {"source": "dialler", "entries": [{"mood": "good"}]}

initdb()
server = TestClient(create_app())
nobody = server.post("/churn/ledger", json=BODY)
elsewhere = server.post("/churn/no_such", json=BODY)
answers = [f"nobody {nobody.status_code}", f"elsewhere {elsewhere.status_code}"]
for role in ("VIEWER", "USER"):
    user = SimpleAuthManagerUser(username="somebody", role=role)
    token = get_auth_manager().generate_jwt(user)
    shown = {"Authorization": f"Bearer {token}"}
    answer = server.post("/churn/ledger", json=BODY, headers=shown)
    answers.append(f"{role} {answer.status_code}")
sys.stdout.write("\n".join(["", *answers, ""]))
