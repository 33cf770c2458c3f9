"""The step ``match`` on small lakes: who is merged, who is asked about, and what stays over the months."""

import logging
from datetime import date
from pathlib import Path

import pytest

from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.integrate.matching import model
from churn_tasks.integrate.matching.plan import MatchingPlan
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.integrate.matching.people import MINGLED, lake, matched, person, put_month
from tests.lakes import another_month, put, rows, small_run

TABLES = ("match_pair", "match_model", "customer_line", "customer", "customer_source")
FAMILY = [
    person("wang", phone_token="t_wang"),
    person(
        "wang_again",
        customer_name="王 晓明",
        address_text="东港区西城人民路 12号 3-1503",
        identity_token=None,
    ),
    person("wang_second", phone_token="t_second", joined_date=date(2024, 1, 10)),
    person(
        "wife",
        customer_name="李芳",
        gender="female",
        birth_year=1982,
        phone_token="t_wife",
        identity_token="i_wife",
    ),
    person(
        "son",
        customer_name="王晓军",
        birth_year=2004,
        phone_token="t_son",
        identity_token="i_son",
    ),
    person(
        "brother",
        customer_name="王晓亮",
        birth_year=1981,
        phone_token="t_brother",
        identity_token=None,
    ),
    person(
        "proxy",
        customer_name="赵国强",
        birth_year=1955,
        phone_token="t_proxy",
        address_text="南湾区东城和平街9号",
    ),
]


def _digests(run, month: str) -> dict[str, str]:
    return {table: run.lake.sha256(table, Month.parse(month)) for table in TABLES}


def test_a_double_and_a_second_line_are_one_person_and_a_family_is_not(
    tmp_path: Path,
) -> None:
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    people, pairs = matched(run, "2024-01")
    assert people["wang"] == people["wang_again"] == people["wang_second"] == "Pwang"
    assert (
        len({people[name] for name in ("wang", "wife", "son", "brother", "proxy")}) == 5
    )
    merged = pairs["wang", "wang_again"]
    assert merged["verdict"] == "merged"
    assert "same name" in merged["evidence"] and "同" in merged["evidence_zh"]
    assert "王" not in merged["evidence"] + merged["evidence_zh"]
    run.close()


def test_a_relative_who_signed_with_the_same_document_is_asked_about(
    tmp_path: Path,
) -> None:
    """Equal documents say much; an altogether other name beside them is never merged automatically."""
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    people, pairs = matched(run, "2024-01")
    assert people["proxy"] != people["wang"]
    asked = {pair: row["reason"] for pair, row in pairs.items() if "proxy" in pair}
    assert (
        asked["proxy", "wang"] == asked["proxy", "wang_second"] == "document_of_another"
    )
    assert ("proxy", "wang_again") not in asked, "which shows no document"
    run.close()


def test_the_same_inputs_give_the_same_bytes_on_two_threads(tmp_path: Path) -> None:
    digests = []
    for number in range(2):
        run = lake(tmp_path / str(number))
        put_month(run, "2024-01", FAMILY, others=1_500, mix=MINGLED)
        matched(run, "2024-01")
        first = _digests(run, "2024-01")
        matched(run, "2024-01")
        assert _digests(run, "2024-01") == first
        digests.append(first)
        run.close()
    assert digests[0] == digests[1]


def test_a_person_keeps_the_number_over_months_and_lines(tmp_path: Path) -> None:
    run = lake(tmp_path)
    old = person("k_old", joined_date=date(2020, 1, 1))
    new = person("a_new", phone_token="t_new", joined_date=date(2024, 2, 10))
    put_month(run, "2024-01", [old])
    put_month(run, "2024-02", [old, new])
    put_month(
        run, "2024-03", [new]
    )  # the first line is gone; the person goes on under the number it was given
    for month, lines in (
        ("2024-01", {"k_old"}),
        ("2024-02", {"k_old", "a_new"}),
        ("2024-03", {"k_old", "a_new"}),
    ):
        people, _ = matched(run, month)
        assert {people[line] for line in lines} == {"Pk_old"}, month
    line = {
        row["customer_id"]: row
        for row in rows(another_month(run, "2024-03"), "customer_line")
    }
    assert (line["k_old"]["is_current"], line["k_old"]["ended_date"]) == (
        False,
        date(2024, 3, 1),
    )
    assert (line["a_new"]["is_primary"], line["a_new"]["line_count"]) == (True, 1)
    run.close()


@pytest.mark.parametrize(
    ("opened", "days", "successor"),
    [
        (date(2024, 2, 20), 45, "z_new"),
        (date(2024, 1, 25), 45, "z_new"),  # opened before the old one ended
        (date(2024, 3, 25), 45, "z_new"),  # 44 days after
        (date(2024, 3, 27), 45, None),  # 46 days after
        (
            date(2024, 2, 20),
            0,
            None,
        ),  # switched off: every line that is left counts as churned
    ],
)
def test_a_line_left_for_another_has_a_successor(
    tmp_path: Path, opened: date, days: int, successor: str | None
) -> None:
    run = lake(tmp_path, definition={"rotation_days": days})
    old = person("a_old", joined_date=date(2020, 1, 1))
    closed = {
        **old,
        "service_status": "closed",
        "event_date": date(2024, 2, 10),
        "known_date": date(2024, 2, 10),
    }
    new = person("z_new", phone_token="t_new", joined_date=opened)
    put_month(run, "2024-01", [old])
    put_month(run, "2024-02", [closed, *([new] if opened < date(2024, 3, 1) else [])])
    put_month(run, "2024-03", [new])
    for month in ("2024-01", "2024-02", "2024-03"):
        matched(run, month)
    line = {
        row["customer_id"]: row
        for row in rows(another_month(run, "2024-03"), "customer_line")
    }
    assert (line["a_old"]["ended_date"], line["a_old"]["successor_id"]) == (
        date(2024, 2, 10),
        successor,
    )
    assert line["z_new"]["successor_id"] is None
    run.close()


def test_a_month_knows_nothing_of_later_months(tmp_path: Path) -> None:
    """Later partitions, later events and later knowledge in the month's own partition change no byte; the past does."""
    run = lake(tmp_path)
    later = person(
        "later",
        phone_token="t_later",
        event_date=date(2024, 3, 1),
        known_date=date(2024, 3, 1),
    )
    unknown = person("unknown", phone_token="t_unknown", known_date=date(2024, 3, 7))
    put_month(run, "2024-01", FAMILY)
    put_month(run, "2024-02", FAMILY)
    for month in ("2024-01", "2024-02"):
        matched(run, month)
    before = _digests(run, "2024-02")
    put_month(run, "2024-02", [*FAMILY, later, unknown])
    put_month(
        run,
        "2024-03",
        [person(row["customer_id"], customer_name="全不同") for row in FAMILY],
    )
    matched(run, "2024-02")
    assert _digests(run, "2024-02") == before
    put_month(run, "2024-02", FAMILY[1:])
    matched(run, "2024-02")
    assert _digests(run, "2024-02") != before, "reach: the past is noticed"
    run.close()


def test_decisions_hold_and_are_frozen(tmp_path: Path) -> None:
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY)
    decided = {"customer_id_b": "wang_second", "decided_by": "li", "revision": 1}
    put(
        run,
        "review_decision",
        "2024-01",
        [{**decided, "customer_id_a": "wang", "decision": "different"}],
    )
    people, pairs = matched(run, "2024-01")
    assert pairs["wang", "wang_second"]["verdict"] == "different_by_person"
    assert people["wang"] != people["wang_second"]
    relative = {
        "customer_id_a": "proxy",
        "customer_id_b": "wang",
        "decided_by": "li",
        "revision": 2,
    }
    put(run, "review_decision", "2024-01", [{**relative, "decision": "same"}])
    people, pairs = matched(run, "2024-01")
    assert pairs["proxy", "wang"]["verdict"] == "same_by_person"
    assert people["wang"] == people["wang_second"] == people["proxy"]
    run.close()


def test_each_person_is_put_together_and_says_from_where(tmp_path: Path) -> None:
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    matched(run, "2024-01")
    of_month = another_month(run, "2024-01")
    (wang,) = (row for row in rows(of_month, "customer") if row["person_id"] == "Pwang")
    assert (wang["line_count"], wang["primary_customer_id"]) == (3, "wang")
    assert (wang["customer_name"], wang["birth_year"], wang["identity_token"]) == (
        "王晓明",
        1980,
        "i_wang",
    )
    assert (wang["joined_date"], wang["phone_token"]) == (date(2023, 5, 1), "t_wang")
    source = {
        row["field"]: row
        for row in rows(of_month, "customer_source")
        if row["person_id"] == "Pwang"
    }
    assert source["identity_token"]["customer_id"] in ("wang", "wang_second")
    assert (
        source["customer_name"]["rule"] == "most_frequent"
        and source["customer_name"]["candidates"] == 2
    )
    assert not any(
        "王晓明" in str(value) for row in source.values() for value in row.values()
    )
    assert (
        sum(
            row["is_primary"]
            for row in rows(of_month, "customer_line")
            if row["person_id"] == "Pwang"
        )
        == 1
    )
    run.close()


def test_nothing_is_said_of_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture
) -> None:
    """Neither this product nor splink writes a name, an address or a token; and splink leaves no table behind."""
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    with caplog.at_level(logging.DEBUG):
        report = run_on("match", another_month(run, "2024-01"))
    heard = caplog.text + "".join(capfd.readouterr()) + str(report)
    assert not any(secret in heard for secret in ("王", "人民路", "t_wang", "i_wang"))
    left = run.engine.connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%splink%'"
    )
    assert left.fetchall() == []
    run.close()


def test_months_are_matched_in_order(tmp_path: Path) -> None:
    run = lake(tmp_path)
    put_month(run, "2024-02", FAMILY)
    with pytest.raises(NotReady, match="customer_line of 2024-01"):
        run_on("match", another_month(run, "2024-02"))
    run.close()


def test_without_names_every_line_is_a_person(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-02", raw=["bill"])
    put(
        run,
        "clean_bill",
        "2024-02",
        [{"customer_id": "a", "bill_id": "1"}, {"customer_id": "b"}],
        checked=False,
    )
    report = run_on("match", run)
    assert report.rows == {"customer_line": 2}
    assert {
        row["customer_id"]: row["person_id"] for row in rows(run, "customer_line")
    } == {"a": "Pa", "b": "Pb"}
    run.close()


@pytest.mark.parametrize("others", [1, 3])
def test_a_handful_of_records_is_no_trouble(tmp_path: Path, others: int) -> None:
    """Little data is weak evidence: nobody is merged for sharing a sex with everybody else."""
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY[3:6], others=others)
    people, _ = matched(run, "2024-01")
    assert len(set(people.values())) == len(people) >= 3
    run.close()


def test_a_restated_month_is_matched_anew_only_when_its_records_changed(
    tmp_path: Path,
) -> None:
    """The first version stays what it was; the restated one knows the correction."""
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    matched(run, "2024-01")
    first = _digests(run, "2024-01")
    restated = MonthRun(
        run.settings,
        Month.parse("2024-01"),
        restated_until=date(2024, 3, 6),
        delivered_again=("bill",),
    )
    assert run_on("match", restated).outcome == "skipped"
    corrected = [row for row in FAMILY if row["customer_id"] != "wang_second"]
    put_month(restated, "2024-01", corrected, mix=MINGLED)
    assert run_on("match", restated).outcome == "done"
    assert _digests(run, "2024-01") == first
    restated.engine.view("customer_line")
    known = restated.engine.records(
        "SELECT customer_id FROM customer_line WHERE person_id = 'Pwang'"
    )
    assert {row["customer_id"] for row in known} == {"wang", "wang_again"}
    restated.close()
    run.close()


def test_a_restated_month_is_matched_anew_when_an_earlier_month_that_it_reads_changed(
    tmp_path: Path,
) -> None:
    """Records of a few months before are compared as well: who is corrected in January may be somebody in February."""
    run = lake(tmp_path)
    for month in ("2024-01", "2024-02"):
        put_month(run, month, [person("c1")], mix=MINGLED)
    matched(run, "2024-01")
    matched(run, "2024-02")
    day = date(2024, 4, 6)
    january = MonthRun(run.settings, Month(2024, 1), day)
    february = MonthRun(run.settings, Month(2024, 2), day, delivered_again=("bill",))
    assert run_on("match", february).outcome == "skipped"
    put_month(january, "2024-01", [person("c1"), person("c2")], mix=MINGLED)
    assert run_on("match", january).outcome == "done"
    assert run_on("match", february).outcome == "done"
    february.engine.view("customer_line")
    lines = february.engine.records(
        "SELECT customer_id FROM customer_line WHERE month = $month AND customer_id = 'c2'",
        {"month": february.month.start},
    )
    assert lines == [{"customer_id": "c2"}]
    january.close()
    february.close()


def test_decisions_are_frozen_with_the_month_and_looked_up_again_when_it_is_restated(
    tmp_path: Path, postgres: Cluster
) -> None:
    """Doubtful pairs reach the queue; what people say about them counts from the next first run on."""
    url = postgres.create_database("match_decisions")
    run = lake(tmp_path)
    run.settings = run.settings.model_copy(
        update={
            "environment": run.settings.environment.model_copy(
                update={"warehouse_url": url}
            )
        }
    )
    for month in ("2024-01", "2024-02"):
        put_month(run, month, FAMILY, mix=MINGLED)
    january = another_month(run, "2024-01")
    asked = run_on("match", january).facts["asked"]
    queue = run.warehouse.review_pairs(state="open")
    assert asked == len(queue) > 0
    assert "赵国强" in str(
        [pair["record_a"] for pair in queue if pair["customer_id_a"] == "proxy"]
    )
    before = _digests(run, "2024-01")
    run.warehouse.decide_pair(("proxy", "wang"), "same", "li", "signed for his nephew")
    run_on("match", january)
    assert _digests(run, "2024-01") == before, (
        "the month keeps what was known when it first ran"
    )
    people, pairs = matched(run, "2024-02")
    assert (
        pairs["proxy", "wang"]["verdict"] == "same_by_person"
        and people["proxy"] == people["wang"]
    )
    left = [
        pair
        for pair in queue
        if (pair["customer_id_a"], pair["customer_id_b"]) != ("proxy", "wang")
    ]
    assert run.warehouse.review_pairs(state="open") == left, "nothing is asked twice"
    january.close()
    run.close()


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[MatchingPlan]:
    """The plans by which splink was trained."""
    plans: list[MatchingPlan] = []
    train = model.trained

    def noted(connection, plan, settings):
        plans.append(plan)
        return train(connection, plan, settings)

    monkeypatch.setattr(model, "trained", noted)
    return plans


def _restated_with(run: MonthRun, records: list[dict]) -> MonthRun:
    """The month with other records, restated by hand."""
    restated = MonthRun(run.settings, run.month, restated_until=date(2024, 3, 6))
    put_month(restated, "2024-01", records, mix=MINGLED)
    assert run_on("match", restated).outcome == "done"
    return restated


def test_a_restated_month_takes_over_what_its_records_had_taught(
    tmp_path: Path, trainings: list[MatchingPlan]
) -> None:
    """A pair whose records stayed as they were is as probable as before, and nothing is learnt a second time."""
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    _, before = matched(run, "2024-01")
    assert len(trainings) == 1
    late = person(
        "late", customer_name="周明", identity_token="i_late", birth_year=1990
    )
    restated = _restated_with(run, [*FAMILY, late])
    assert len(trainings) == 1
    after = {
        (row["customer_id_a"], row["customer_id_b"]): row
        for row in rows(restated, "match_pair")
    }
    pair = ("wang", "wang_second")
    assert after[pair]["probability"] == before[pair]["probability"]
    assert not restated.lake.has_version("match_model", run.month, date(2024, 3, 6))
    restated.close()
    run.close()


@pytest.mark.parametrize(
    "matching", [{"seed": 5}, {"sampled_pairs": 20_000}], ids=["seed", "sample"]
)
def test_under_other_settings_it_is_learnt_again(
    tmp_path: Path, trainings: list[MatchingPlan], matching: dict
) -> None:
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    matched(run, "2024-01")
    changed = run.settings.matching.model_copy(update=matching)
    other = run.settings.model_copy(update={"matching": changed})
    restated = MonthRun(other, run.month, restated_until=date(2024, 3, 6))
    late = person(
        "late", customer_name="周明", identity_token="i_late", birth_year=1990
    )
    put_month(restated, "2024-01", [*FAMILY, late], mix=MINGLED)
    run_on("match", restated)
    assert len(trainings) == 2
    assert restated.lake.has_version("match_model", run.month, date(2024, 3, 6))
    restated.close()
    run.close()


def test_what_is_kept_repeats_no_record(tmp_path: Path) -> None:
    run = lake(tmp_path)
    put_month(run, "2024-01", FAMILY, mix=MINGLED)
    matched(run, "2024-01")
    (kept,) = rows(run, "match_model")
    assert "王" not in kept["model_json"] and "wang" not in kept["model_json"]
    assert '"m_probability"' in kept["model_json"]
    run.close()
