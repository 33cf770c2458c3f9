"""The review queue: asked once, decided for ever, taken back by another decision, and seen by reviewers alone."""

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from churn_tasks.adapters.warehouse import QueuedPair, Warehouse
from churn_tasks.cli import app
from churn_tasks.core.errors import BadInput
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import (
    JULY,
    JUNE,
    SCHEMA,
    as_role,
    count,
    new_url,
    warehouse_at,
)

RECORD = '{"customer_name": "王晓明", "address_text": "人民路12号", "gender": "male"}'
OTHER = '{"customer_name": "王小明", "address_text": "人民路12号", "gender": "male"}'


def _pair(a: str, b: str, probability: float = 0.8) -> QueuedPair:
    reason = "between_the_thresholds"
    return QueuedPair(
        a,
        b,
        probability,
        reason,
        "same address",
        "地址相同",
        f"t_{a}",
        RECORD,
        f"t_{b}",
        OTHER,
    )


@pytest.fixture
def warehouse(postgres: Cluster) -> Warehouse:
    return warehouse_at(new_url(postgres))


def test_a_pair_is_asked_about_once_and_a_month_asks_no_more_than_it_may(
    warehouse: Warehouse,
) -> None:
    pairs = [_pair("1", "2", 0.9), _pair("3", "4", 0.8), _pair("5", "6", 0.7)]
    assert warehouse.queue_pairs(JUNE, pairs, most=2) == 2
    assert warehouse.queue_pairs(JUNE, pairs, most=2) == 0, "the same month run again"
    assert warehouse.queue_pairs(JULY, pairs, most=2) == 1
    warehouse.decide_pair(("1", "2"), "different", "li", "")
    assert warehouse.queue_pairs(JULY, pairs, most=9) == 0, (
        "decided or not, nobody is asked twice"
    )
    assert [(row["customer_id_a"], row["state"]) for row in warehouse.review_pairs()] == [
        ("1", "different"), ("3", "open"), ("5", "open"),
    ]  # fmt: skip
    warehouse.close()


def test_decisions_are_kept_and_taken_back_by_another_one(warehouse: Warehouse) -> None:
    warehouse.queue_pairs(JUNE, [_pair("1", "2")], most=9)
    assert warehouse.match_decisions() == []
    assert warehouse.decide_pair(("2", "1"), "same", "li", "same handwriting")
    assert not warehouse.decide_pair(("1", "2"), "same", "wang", ""), "nothing new"
    assert [
        (row.customer_id_a, row.decision, row.decided_by)
        for row in warehouse.match_decisions()
    ] == [("1", "same", "li")]
    assert warehouse.decide_pair(("1", "2"), "undo", "zhao", "wrong pair")
    assert warehouse.match_decisions() == []
    assert warehouse.review_pairs(state="open")[0]["decision"] == "undo"
    assert warehouse.decide_pair(("1", "2"), "different", "zhao", "")
    assert [row.revision for row in warehouse.match_decisions()] == [3]
    assert (
        count(
            warehouse.settings.environment.warehouse_url,
            "SELECT count(*) FROM match_decision",
        )
        == 3
    )
    warehouse.close()


@pytest.mark.parametrize(
    ("pair", "who", "told"),
    [(("1", "3"), "li", "never in the review"), (("1", "2"), " ", "name")],
)
def test_what_cannot_be_decided_is_refused(
    warehouse: Warehouse, pair: tuple[str, str], who: str, told: str
) -> None:
    warehouse.queue_pairs(JUNE, [_pair("1", "2")], most=9)
    with pytest.raises(BadInput, match=told):
        warehouse.decide_pair(pair, "same", who, "")
    warehouse.close()


def test_the_pipeline_cannot_read_the_records_it_queued_and_reviewers_see_masked_numbers(
    warehouse: Warehouse,
) -> None:
    warehouse.store_numbers([("t_1", "18012341234")])
    warehouse.queue_pairs(JUNE, [_pair("1", "2")], most=9)
    url = warehouse.settings.environment.warehouse_url
    for role in ("churn_loader", "churn_bi", "churn_retention"):
        with as_role(url, role) as person:
            for hidden in (
                "SELECT record_a FROM match_review",
                "SELECT * FROM review_queue",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    person.execute(hidden)
    with as_role(url, "churn_loader") as pipeline:
        assert pipeline.execute(
            "SELECT customer_id_a, customer_id_b FROM match_review"
        ).fetchall() == [("1", "2")]
    with as_role(url, "churn_reviewer") as reviewer:
        shown = reviewer.execute(
            "SELECT phone_masked_a, record_b->>'customer_name', q::text FROM review_queue AS q"
        )
        (row,) = shown.fetchall()
        assert row[:2] == ("180****1234", "王小明")
        assert "t_1" not in row[2] and "18012341234" not in row[2]
        for hidden in ("vault", "warning_list", "bi_warning_list"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reviewer.execute(f"SELECT * FROM {SCHEMA}.{hidden}")
    warehouse.close()


def test_the_terminal_lists_shows_decides_and_undoes(
    postgres: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = new_url(postgres)
    warehouse = warehouse_at(url)
    warehouse.queue_pairs(
        JUNE, [_pair("1", "2", 0.9), _pair("3", "4", 0.8), _pair("5", "6", 0.7)], most=9
    )
    monkeypatch.setenv("CHURN_WAREHOUSE_URL", url)
    monkeypatch.setenv("CHURN_STATE_DIR", str(tmp_path))
    terminal = CliRunner()

    def said(*words: str, keys: str = "") -> str:
        done = terminal.invoke(
            app, ["review", *words], input=keys, catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return done.output

    assert "王" not in said("list"), "a list shows no names"
    assert "王晓明" in said("show", "2+1")
    said("decide", "1+2", "different", "--by", "li", "--why", "brothers")
    said(
        "--by", "li", keys="x\ns\nquit\n"
    )  # a key that means nothing, then same for 3+4, then enough
    assert [(row.customer_id_a, row.decision) for row in warehouse.match_decisions()] == [
        ("1", "different"), ("3", "same"),
    ]  # fmt: skip
    said("undo", "3+4", "--by", "li")
    assert [row["customer_id_a"] for row in warehouse.review_pairs(state="open")] == [
        "3",
        "5",
    ]
    said("--by", "li", keys="skip\n")
    assert len(warehouse.review_pairs(state="open")) == 2
    for words in (
        ["decide", "1+2", "maybe", "--by", "li"],
        ["show", "12"],
        ["show", "8+9"],
        ["list", "--state", "x"],
    ):
        with pytest.raises(BadInput):
            terminal.invoke(app, ["review", *words], catch_exceptions=False)
    warehouse.close()
