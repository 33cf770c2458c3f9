"""The image and the install: everything by hash, nothing as root, nothing copied that is not run."""

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
LOCK = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8")


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


def test_every_package_of_the_lock_has_hashes():
    entries = re.split(
        r"\n(?=[a-z0-9])", LOCK.partition("\n")[2] if LOCK.startswith("#") else LOCK
    )
    pinned = [
        entry for entry in entries if re.match(r"[a-z0-9._-]+(\[[^]]*\])?==", entry)
    ]
    assert len(pinned) > 200
    assert [
        entry.splitlines()[0] for entry in pinned if "--hash=sha256:" not in entry
    ] == []


def test_only_what_is_run_is_copied():
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert kept == {"requirements.txt", "churn_tasks", "plugins", "dags", "include"}
    assert kept == set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))


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
        "check",
        "dictionary",
        "lock",
    ]
