"""One Spark session for all tests of this folder, where PySpark is installed."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from churn_tasks.core.spark_section import Spark

if TYPE_CHECKING:
    from churn_tasks.adapters.spark.session import Started


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Started"]:
    """A local session on two threads; without PySpark the tests that need one say so and are skipped."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("PySpark is not installed; `make install-spark` installs it")
    from churn_tasks.adapters.spark.session import Started

    folder = Path(tmp_path_factory.mktemp("spark"))
    begun = Started(
        Spark(), folder, "Asia/Shanghai"
    )  # where a session at UTC would hide a mistake
    yield begun
    begun.close()
