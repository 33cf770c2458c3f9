"""Which months a backfill's dates stand for: the manual's own example, and windows that end too early."""

import re

import pytest

from churn_tasks.core.months import Month, months_between

EXAMPLE = re.compile(r"--from-date (\S+) --to-date (\S+)")
MONTHS = [str(m) for m in months_between(Month(2024, 1), Month(2024, 7))]


def months_of(dag, first: str, last: str) -> list[str]:
    """The months that Airflow makes runs of between two dates as they are typed."""
    from airflow.cli.cli_config import parsedate
    from airflow.serialization.serialized_objects import DagSerialization

    read = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    runs = read.iter_dagrun_infos_between(parsedate(first), parsedate(last))
    return [run.partition_key for run in runs]


@pytest.fixture
def dates(dag) -> tuple[str, str]:
    found = EXAMPLE.search(" ".join(dag.doc_md.split()))
    assert found
    return found[1], found[2]


def test_the_manual_names_the_dates_of_six_months(dag, dates) -> None:
    assert months_of(dag, *dates) == MONTHS


@pytest.mark.parametrize(
    ("last", "ends_with"),
    [("2024-06-05", "2024-05"), ("2024-06-07", "2024-06"), ("2024-06-01", "2024-05")],
)
def test_a_window_that_ends_before_the_day_of_closing_loses_its_month(
    dag, dates, last: str, ends_with: str
) -> None:
    """What the manual warns of; a change of Airflow's rule would show here."""
    first, _ = dates
    assert months_of(dag, first, last)[-1] == ends_with
