"""A doubtful pair answered through Airflow's own API, by Airflow's own scheduler."""

import psycopg
import pytest

from churn_tasks.local.services import Services
from tests.dags.two_pairs import DAG_ID, Answered


@pytest.mark.slow
def test_pairs_are_offered_and_the_answers_written_down(answered: Answered) -> None:
    asked = answered.asked
    assert all("＊晓＊" in each["body"] and "王" not in each["body"] for each in asked)
    assert len(asked) == 2
    assert answered.decided == [("1", "same"), ("3", "different")]
    assert answered.why == {"seen both papers"}
    assert len(answered.decided_by) == 2 and all(answered.decided_by)


@pytest.mark.slow
def test_only_line_numbers_passed_through_airflow(
    services: Services, answered: Answered
) -> None:
    with psycopg.connect(
        services.instance.cluster.url(services.airflow.database)
    ) as connection:
        kept = connection.execute(
            "SELECT string_agg(value::text, ' ') FROM xcom WHERE dag_id = %s", (DAG_ID,)
        )
        (text,) = kept.fetchone()
    assert '"1"' in text and "王" not in text
