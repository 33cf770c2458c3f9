"""docker-compose.yml by the rules that a container engine would not enforce. Each rule is shown to catch its breach."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = REPOSITORY / "docker-compose.yml"
EXAMPLE = REPOSITORY / ".env.example"
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)([^}]*)\}")
PINNED = re.compile(r"^[\w./-]+:\d+\.\d+[\w.-]*$")
SECRET = re.compile(r"PASSWORD|SECRET|KEY")
# each asks again until the database answers under its name (tests/deploy/test_containers.py runs them)
WAITS = re.compile(
    r"^(airflow db check --retry [1-9]|mlflow db upgrade )", re.MULTILINE
)
READY = re.compile(r"^(until test -e|touch) \S+/init_is_done", re.MULTILINE)


def problems(text: str) -> list[str]:
    """What is wrong with a compose file; empty when nothing is."""
    found = []
    for name, rest in VARIABLE.findall(text):
        if not re.match(r":?\?.+", rest):
            found.append(f"{name}: has a default, or is not demanded")
        elif SECRET.search(name) and rest.startswith("?"):
            found.append(f"{name}: a secret may not be empty")
    for name, service in yaml.safe_load(text)["services"].items():
        found += [f"{name}: {problem}" for problem in service_problems(service)]
    return found


def script(service: dict) -> str:
    """What a service's shell runs."""
    return "\n".join([*service.get("entrypoint", []), *service.get("command", [])])


def service_problems(service: dict) -> list[str]:
    uses_database = "depends_on" in service
    rules = {
        "it does not wait for PostgreSQL": not uses_database
        or WAITS.search(script(service)),
        "it neither waits for init nor says that it is done": "AIRFLOW__CORE__EXECUTOR"
        not in service.get("environment", {})
        or READY.search(script(service)),
        "podman does not know its tmpfs": all(
            ":" not in place for place in service.get("tmpfs", [])
        ),
        "its image is not pinned": PINNED.match(service.get("image", "")),
        "it has no health check": service.get("healthcheck")
        or service.get("restart") == "no",
        "its root file system can be written": service.get("read_only") is True,
        "it keeps capabilities": service.get("cap_drop") == ["ALL"],
        "it may gain privileges": "no-new-privileges:true"
        in service.get("security_opt", []),
        "it is open to the network": all(
            str(port).startswith("127.0.0.1:") for port in service.get("ports", [])
        ),
        "its log grows without end": "max-size"
        in service.get("logging", {}).get("options", {}),
    }
    found = [problem for problem, kept in rules.items() if not kept]
    for name, value in (service.get("environment") or {}).items():
        literal = SECRET.search(name) and not VARIABLE.search(str(value))
        found += [f"{name} is written into the file"] if literal else []
    return found


@pytest.fixture(scope="module")
def text() -> str:
    return COMPOSE.read_text(encoding="utf-8")


def specification_accepts(file: Path) -> bool:
    command = [
        str(Path(sys.executable).parent / "check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        str(file),
    ]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_compose_specification_accepts_it():
    assert specification_accepts(COMPOSE)


def test_the_specification_would_refuse_a_typo(text, tmp_path):
    (tmp_path / "docker-compose.yml").write_text(
        text.replace("healthcheck:", "healtcheck:", 1)
    )
    assert not specification_accepts(tmp_path / "docker-compose.yml")


def test_it_keeps_every_rule(text):
    assert problems(text) == []


def test_the_services_are_these(text):
    services = yaml.safe_load(text)["services"]
    assert set(services) == {
        "postgres",
        "init",
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
        "mlflow",
    }
    assert {
        name for name, service in services.items() if service.get("restart") == "no"
    } == {"init"}


@pytest.mark.parametrize(("sound", "broken", "problem"), [
    ("${POSTGRES_PASSWORD:?set it in .env}", "${POSTGRES_PASSWORD:-postgres}", "POSTGRES_PASSWORD: has a default"),
    ("${POSTGRES_PASSWORD:?set it in .env}", "${POSTGRES_PASSWORD}", "POSTGRES_PASSWORD: has a default"),
    ("${POSTGRES_PASSWORD:?set it in .env}", "${POSTGRES_PASSWORD?set it}", "POSTGRES_PASSWORD: a secret may not be"),
    ("${POSTGRES_PASSWORD:?set it in .env}", "postgres", "postgres: POSTGRES_PASSWORD is written into"),
    ("postgres:18.4-bookworm", "postgres:latest", "postgres: its image is not pinned"),
    ("churn-warning:0.1.0", "churn-warning", "scheduler: its image is not pinned"),
    ("127.0.0.1:8080:8080", "8080:8080", "api-server: it is open to the network"),
    ("127.0.0.1:5432:5432", "0.0.0.0:5432:5432", "postgres: it is open to the network"),
    ("    healthcheck: &job-check", "    x-was: &job-check", "dag-processor: it has no health check"),
    ("      airflow db check --retry 60 --retry-delay 2\n      until", "      until",
     "api-server: it does not wait for PostgreSQL"),
    ("        airflow db check --retry 60 --retry-delay 2\n", "", "init: it does not wait for PostgreSQL"),
    ('        mlflow db upgrade "$$MLFLOW_BACKEND_STORE_URI"\n', "", "mlflow: it does not wait for PostgreSQL"),
    ("      until test -e /var/lib/churn/init_is_done", "      until true", "scheduler: it neither waits for init"),
    ("        touch /var/lib/churn/init_is_done\n", "", "init: it neither waits for init nor says"),
    ("  tmpfs: [/tmp]", '  tmpfs: ["/tmp:uid=10001"]', "triggerer: podman does not know its tmpfs"),
    ("  read_only: true\n  cap_drop", "  cap_drop", "mlflow: its root file system can be written"),
])  # fmt: skip
def test_a_breach_is_found(text, sound, broken, problem):
    assert sound in text
    assert any(
        found.startswith(problem) for found in problems(text.replace(sound, broken))
    ), problems(text.replace(sound, broken))


def test_the_example_names_every_variable_and_no_other(text):
    used = {name for name, _ in VARIABLE.findall(text)}
    lines = [
        line
        for line in EXAMPLE.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert sorted(line.partition("=")[0] for line in lines) == sorted(used)
    assert len(used) == 15


def test_the_example_holds_no_secret():
    values = dict(
        line.split("=", 1)
        for line in EXAMPLE.read_text(encoding="utf-8").splitlines()
        if re.match(r"^\w+=", line)
    )
    secrets = {name: value for name, value in values.items() if SECRET.search(name)}
    assert len(secrets) == 8
    assert set(secrets.values()) == {""}


def test_the_development_log_in_is_not_used(text):
    assert "FabAuthManager" in text
    assert "simple_auth_manager" not in text.lower()
