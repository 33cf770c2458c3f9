"""The pipeline's role reads the operator's tables and cannot reach the truth, by really trying."""

import psycopg
import pytest
from psycopg import sql

TRUTH = ("subscriber", "dirt", "fuzzy_double", "simulation")


def test_the_reader_reads_every_table_of_the_operator(reader: str) -> None:
    with psycopg.connect(reader) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'boss' ORDER BY 1"
        ).fetchall()
        for (name,) in tables:
            connection.execute(
                sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier("boss", name))
            )
    assert len(tables) == 21 + 4, (
        "twenty-one tables and a CDR table for each of four months"
    )


@pytest.mark.parametrize("table", TRUTH)
def test_the_reader_cannot_read_the_truth(reader: str, source: str, table: str) -> None:
    query = sql.SQL("SELECT count(*) FROM {}").format(
        sql.Identifier("sim_truth", table)
    )
    with (
        psycopg.connect(reader) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(query)
    with psycopg.connect(source) as connection:
        assert connection.execute(query).fetchone()[0] > 0, (
            "the owner can: there is something to hide"
        )


@pytest.mark.parametrize(
    "attempt",
    [
        "INSERT INTO boss.survey_ans VALUES (1)",
        "UPDATE boss.bill_item SET amt_fen = 0",
        "DELETE FROM boss.cdr",
        "CREATE TABLE boss.mine (a int)",
        "SET ROLE postgres",
        "GRANT USAGE ON SCHEMA sim_truth TO churn_source_reader",
        "CREATE VIEW pg_temp.peek AS SELECT * FROM sim_truth.subscriber",
        "COPY sim_truth.subscriber TO STDOUT",
    ],
)
def test_the_reader_changes_nothing_and_finds_no_way_round(
    reader: str, attempt: str
) -> None:
    with (
        psycopg.connect(reader) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(attempt)
