"""Times as Spark itself writes them, old form and new, read by the door for files."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sources.drops import rows, settings_for

if TYPE_CHECKING:
    from churn_tasks.adapters.spark.session import Started


@pytest.mark.parametrize("form", ["INT96", "TIMESTAMP_MICROS", "TIMESTAMP_MILLIS"])
def test_an_instant_of_spark_has_the_operators_day(
    started: "Started", tmp_path: Path, form: str
) -> None:
    session = started.session
    session.conf.set("spark.sql.parquet.outputTimestampType", form)
    asked = "SELECT TIMESTAMP_LTZ '2024-03-31 17:00:00+00:00' AS started"
    session.sql(asked).write.parquet(f"file:{tmp_path}/calls")
    session.conf.unset("spark.sql.parquet.outputTimestampType")
    settings = settings_for(tmp_path, "calls/*.parquet", tmp_path)
    day = "SELECT CAST(started AS DATE) FROM lines"
    assert rows(settings, day) == [(date(2024, 4, 1),)]
