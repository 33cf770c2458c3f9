"""The first gate on a small lake: what it refuses, what it shows, and that nothing bad ever becomes its yardstick.

Five alike months are accepted; each test delivers June its own way.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from churn_tasks.checks.baseline import Baseline
from churn_tasks.checks.profile import Figure
from churn_tasks.checks.raw_suite import raw_suite
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import StepReport
from churn_tasks.walks.graph import run_on
from churn_tasks.work import raw_profile
from tests.lakes import pour, rows, small_run

JUNE, JULY = Month(2024, 6), Month(2024, 7)
CUSTOMERS = 800


def bill(month: Month) -> str:
    """Three items a customer, a little different every month, in four regions."""
    seed = month.number
    return f"""(SELECT 'B' || c || '-' || month(DATE '{month.start}') AS bill_id, 'S' || c AS customer_id,
        DATE '{month.start}' AS event_date, DATE '{month.end}' + 2 AS known_date,
        CASE i WHEN 0 THEN 'plan_fee' WHEN 1 THEN 'voice' ELSE 'data' END AS item_code,
        (10 + (hash(c, i, {seed}) % 9000) / 100)::DECIMAL(18,4) AS amount_cny,
        NULL::VARCHAR AS cancels_bill_id
        FROM range({CUSTOMERS} - {seed} * 3) AS customers(c), range(3) AS items(i))"""


def customer(month: Month) -> str:
    return f"""(SELECT 'S' || c AS customer_id, DATE '2023-01-01' AS event_date, DATE '2023-01-01' AS known_date,
        'token' || c AS phone_token, 'R0' || (1 + c % 4) AS region_code, 'P' || (1 + c % 3) AS plan_code,
        CASE WHEN c % 3 = 0 THEN 'prepaid' ELSE 'postpaid' END AS pay_mode, 38::DECIMAL(18,4) AS plan_fee_cny
        FROM range({CUSTOMERS} + {month.number}) AS customers(c))"""


def deliver(run: MonthRun, table: str, relation: str) -> None:
    """A raw partition from a relation that need not have every column of the contract."""
    names = [column.name for column in run.registry.raw[table].delivered_columns]
    empty = ", ".join(f'NULL AS "{name}"' for name in names)
    pour(
        run,
        f"raw_{table}",
        run.month,
        f"(SELECT {empty} WHERE false UNION ALL BY NAME SELECT * FROM {relation})",
    )


def checked(run: MonthRun, **tables: str) -> StepReport:
    """Deliver the month and run the gate."""
    for name, relation in {
        "bill": bill(run.month),
        "customer": customer(run.month),
        **tables,
    }.items():
        deliver(run, name, relation)
    return run_on("check_raw", run)


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State of a profile whose months 2024-01 to 2024-05 were accepted."""
    folder = tmp_path_factory.mktemp("accepted")
    first = small_run(folder, "2024-01", raw=("bill", "customer"))
    for month in months_between(Month(2024, 1), JUNE):
        run = MonthRun(first.settings, month)
        report = checked(run)
        assert (report.facts["failed"], report.facts["warned"]) == (0, 0)
        run.close()
    return folder


def copied(accepted: Path, folder: Path, month: Month) -> Iterator[MonthRun]:
    """The next month of a copy of that state."""
    shutil.copytree(accepted, folder, dirs_exist_ok=True)
    settings = load_settings(str(folder / "profile"), state_dir=folder / "state")
    run = MonthRun(settings, month)
    yield run
    run.close()


@pytest.fixture
def june(accepted: Path, tmp_path: Path) -> Iterator[MonthRun]:
    yield from copied(accepted, tmp_path, JUNE)


def results(run: MonthRun, verdict: str) -> set[str]:
    return {".".join(filter(None, (row["table_name"], row["column_name"], row["measure"])))
            for row in rows(run, "check_result", str(run.month)) if row["verdict"] == verdict}  # fmt: skip


def test_a_month_like_the_others_passes_and_becomes_a_yardstick(june: MonthRun) -> None:
    report = checked(june)
    assert (report.facts["failed"], report.facts["warned"]) == (0, 0)
    assert report.facts["evaluated"] > 60
    learnt = [row for row in rows(june, "check_result") if row["learnt_months"]]
    assert len(learnt) > 20 and {row["learnt_months"] for row in learnt} == {5}
    assert rows(june, "profile") == rows(june, "profile_accepted") != []


STOPS = {
    "fen in place of yuan": (
        f"(SELECT * REPLACE (amount_cny * 100 AS amount_cny) FROM {bill(JUNE)})", "bill.amount_cny.mean"),
    "one region in fen": (
        "(SELECT * REPLACE (amount_cny * CASE substr(customer_id, 2)::INT % 4 WHEN 1 THEN 100 ELSE 1 END AS amount_cny)"
        f" FROM {bill(JUNE)})", "bill.amount_cny.region_mean"),
    "one region missing": (
        f"(SELECT * FROM {bill(JUNE)} WHERE substr(customer_id, 2)::INT % 4 <> 1)", "bill.region_rows"),
    "every item booked as one": (
        f"(SELECT * REPLACE ('sms' AS item_code, bill_id || item_code AS bill_id) FROM {bill(JUNE)})",
        "bill.item_code.shift"),
}  # fmt: skip


@pytest.mark.parametrize("kind", STOPS)
def test_what_earlier_months_never_showed_stops(june: MonthRun, kind: str) -> None:
    """None of these breaks a stated rule: the bounds are learnt."""
    relation, measure = STOPS[kind]
    with pytest.raises(
        CheckFailed,
        match=rf"raw_{measure} is .*allowed .*learnt from 5 accepted months",
    ):
        checked(june, bill=relation)
    assert measure in results(june, "stop")
    assert not june.lake.has("profile_accepted", JUNE)
    assert rows(june, "profile") != []  # people can see what it looked like


def test_an_optional_column_that_came_empty_stops_with_rows_and_keys(
    june: MonthRun,
) -> None:
    without = f"(SELECT * REPLACE (NULL::VARCHAR AS plan_code) FROM {customer(JUNE)})"
    with pytest.raises(CheckFailed) as stopped:
        checked(june, customer=without)
    assert "raw_customer.plan_code.null_share is 1, allowed [0, " in str(stopped.value)
    assert "806 rows, e.g. customer_id S0, customer_id S1, customer_id S10" in str(
        stopped.value
    )
    assert "token" not in str(stopped.value)


def test_what_is_unusual_warns_and_goes_on(june: MonthRun) -> None:
    fewer = f"(SELECT * FROM {bill(JUNE)} WHERE substr(customer_id, 2)::INT % 10 < 6)"
    report = checked(june, bill=fewer)
    assert report.facts["failed"] == 0 and report.facts["warned"] > 0
    assert "bill.rows" in results(june, "warn")
    assert june.lake.has("profile_accepted", JUNE)


@pytest.mark.parametrize(("part", "outcome"), [(20, "warn"), (2, "stop")])
def test_doubles_warn_and_many_of_them_stop(
    june: MonthRun, part: int, outcome: str
) -> None:
    """A twentieth twice; and every second row, which no merging makes a right delivery."""
    double = f"(SELECT * FROM {bill(JUNE)} UNION ALL SELECT * FROM {bill(JUNE)} WHERE hash(bill_id) % {part} = 0)"
    if outcome == "stop":
        with pytest.raises(CheckFailed, match="double_share"):
            checked(june, bill=double)
    else:
        checked(june, bill=double)
    assert "bill.double_share" in results(june, outcome)


def test_volume_is_not_held_against_another_season(june: MonthRun) -> None:
    """June was refused: July is not compared with May, or one refused month would stop all that follow."""
    with pytest.raises(CheckFailed):
        checked(june, bill=bad(JUNE))
    july = MonthRun(june.settings, JULY)
    report = checked(
        july, bill=f"(SELECT * FROM {bill(JULY)} WHERE hash(bill_id) % 100 < 45)"
    )
    assert report.facts["failed"] == 0
    assert {"bill.rows"} == {
        name for name in results(july, "warn") if name.endswith(".rows")
    }
    july.close()


def test_drill_nothing_vacuous_passes(
    june: MonthRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty month, all-null column, empty suite, missing column, less than half the volume: 5 of 5 are refused."""
    kinds = {
        "empty month": (f"(SELECT * FROM {bill(JUNE)} WHERE false)", "raw_bill.rows is 0, allowed"),
        "all-null column": (
            f"(SELECT * REPLACE (NULL::DECIMAL(18,4) AS amount_cny) FROM {bill(JUNE)})",
            "any_missing_share is 1.*By rule: amount_cny_missing 2,346"),
        "missing column": (f"(SELECT * EXCLUDE (amount_cny) FROM {bill(JUNE)})", "any_missing_share is 1"),
        "half the volume": (
            f"(SELECT * FROM {bill(JUNE)} WHERE hash(bill_id) % 100 < 45)", r"raw_bill.volume_ratio is 0\.4"),
    }  # fmt: skip
    refused = 0
    for relation, said in kinds.values():
        with pytest.raises(CheckFailed, match=said):
            checked(june, bill=relation)
        refused += 1
    monkeypatch.setattr(
        raw_profile, "raw_suite", lambda table, *_: (check_raw_suite(table.table), {})
    )
    with pytest.raises(CheckFailed, match="an empty suite is no success"):
        checked(june)
    assert refused + 1 == 5


def check_raw_suite(name: str) -> Any:
    from churn_tasks.checks.measures import Suite

    return Suite(f"raw_{name}", [])


def test_great_expectations_alone_passes_most_of_the_drill() -> None:
    """Negative control: usual expectations on the rows themselves, as a newcomer would write them."""
    import great_expectations as gx

    good = pd.DataFrame(
        {
            "bill_id": [f"B{i}" for i in range(100)],
            "amount_cny": [float(i) for i in range(100)],
        }
    )
    frames = {
        "empty month": good.iloc[:0],
        "all-null column": good.assign(amount_cny=float("nan")),
        "missing column": good.drop(columns="amount_cny"),
        "half the volume": good.iloc[:45],
    }
    context = gx.get_context(mode="ephemeral")
    batch = (
        context.data_sources.add_pandas("bare")
        .add_dataframe_asset("a")
        .add_batch_definition_whole_dataframe("b")
    )
    suite = gx.ExpectationSuite("bare", expectations=[
        gx.expectations.ExpectColumnValuesToBeUnique(column="bill_id"),
        gx.expectations.ExpectColumnValuesToBeBetween(column="amount_cny", min_value=0, max_value=1000),
    ])  # fmt: skip
    usual, empty = (
        context.suites.add(suite),
        context.suites.add(gx.ExpectationSuite("empty")),
    )
    tried = {name: (usual, frame) for name, frame in frames.items()} | {
        "empty suite": (empty, good)
    }
    passed = {
        name
        for name, (chosen, frame) in tried.items()
        if gx.ValidationDefinition(name=name, data=batch, suite=chosen)
        .run(batch_parameters={"dataframe": frame})
        .success
    }
    assert passed == {
        "empty month",
        "all-null column",
        "empty suite",
        "half the volume",
    }


@pytest.mark.parametrize(
    ("before", "now", "stops"),
    [(6, 15, False), (40, 80, False), (600, 1300, True), (600, 250, True)],
)
def test_a_small_table_may_double_by_chance(
    june: MonthRun, before: int, now: int, stops: bool
) -> None:
    figure = {
        "table_name": "bill",
        "column_name": "",
        "region_code": "",
        "measure": "rows",
        "item": "",
    }
    baseline = Baseline.of(
        JUNE,
        june.settings.quality,
        [{**figure, "month": Month(2024, 5).start, "value": float(before)}],
    )
    suite, values = raw_suite(
        june.registry.raw["bill"], [Figure("bill", "", "rows", float(now))], baseline
    )
    volume = next(
        measure for measure in suite.measures if measure.name == "volume_ratio"
    )
    assert volume.lowest is not None and volume.highest is not None
    assert (
        not volume.lowest <= values["raw_bill.volume_ratio"] <= volume.highest
    ) == stops


def bad(month: Month) -> str:
    return f"(SELECT * REPLACE (amount_cny * 40 AS amount_cny) FROM {bill(month)})"


def hasty(run: MonthRun, month: Month) -> MonthRun:
    """The month under settings that learn from the latest three months alone."""
    quality = {"min_months": 3, "max_months": 3}
    folder = run.settings.environment.state_dir.parent
    return MonthRun(
        load_settings(
            str(folder / "profile"), state_dir=folder / "state", quality=quality
        ),
        month,
    )


def passed_bad_months(june: MonthRun, tries: int) -> list[str]:
    """June to August forty times too high, June tried several times: which of them the gate lets pass."""
    passed = []
    for month in (*[JUNE] * tries, JULY, JULY + 1):
        run = hasty(june, month)
        try:
            checked(run, bill=bad(month))
            passed.append(str(month))
        except CheckFailed:
            continue
        finally:
            run.close()
    return passed


def test_a_refused_month_never_moves_the_yardstick(june: MonthRun) -> None:
    assert passed_bad_months(june, tries=2) == []
    august = rows(hasty(june, JULY + 1), "check_result", "2024-08")
    assert {
        row["verdict"]
        for row in august
        if (row["column_name"], row["measure"]) == ("amount_cny", "mean")
    } == {"stop"}


def test_a_yardstick_of_all_months_gives_way(
    june: MonthRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: learning from whatever was measured, two bad months make the third one normal."""
    own = raw_profile.baseline_sql
    monkeypatch.setattr(
        raw_profile,
        "baseline_sql",
        lambda *given: own(*given).replace("profile_accepted", "profile"),
    )
    view = MonthRun.__dict__["engine"].func
    monkeypatch.setattr(MonthRun, "engine", cached(view))
    assert passed_bad_months(june, tries=1) == ["2024-08"]


def cached(make: Any) -> Any:
    """The engine of a run, with the view that the naive gate reads."""
    from functools import cached_property

    def engine(run: MonthRun) -> Any:
        made = make(run)
        made.view("profile")
        return made

    found = cached_property(engine)
    found.__set_name__(MonthRun, "engine")
    return found


def test_an_accepted_month_that_is_spoilt_later_keeps_its_profile(
    june: MonthRun,
) -> None:
    checked(june)
    before = june.lake.sha256("profile_accepted", JUNE)
    with pytest.raises(CheckFailed):
        checked(june, bill=bad(JUNE))
    assert june.lake.sha256("profile_accepted", JUNE) == before
    assert june.lake.sha256("profile", JUNE) != before


def test_the_same_month_gives_the_same_bytes(june: MonthRun) -> None:
    def digests() -> list[str]:
        checked(june)
        pages = sorted((june.settings.data_docs_dir / "measures").glob("*.html"))
        tables = [
            june.lake.sha256(table, JUNE)
            for table in ("profile", "profile_accepted", "check_result")
        ]
        return [*tables, *(page.read_text(encoding="utf-8") for page in pages)]

    first = digests()
    assert len(first) == 3 + 3
    assert digests() == first


def test_every_measure_has_its_place_in_the_pages(june: MonthRun) -> None:
    with pytest.raises(CheckFailed):
        checked(june, bill=bad(JUNE))
    folder = june.settings.data_docs_dir / "measures"
    page = (folder / "bill.html").read_text(encoding="utf-8")
    overview = (folder / "index.html").read_text(encoding="utf-8")
    for text in (page, overview):
        assert "<script" not in text and "http" not in text
        first = text[text.index('class="trail-card') :]
        assert first.startswith('class="trail-card stop"')  # what stopped comes first
    judged = [row for row in rows(june, "check_result") if row["table_name"] == "bill"]
    assert (
        page.index("<details") > 0
        and page[: page.index("<details")].count("<svg") == len(judged) > 15
    )
    assert (
        "amount_cny：均值" in page
        and "amount_cny: mean" in page
        and "2024-06: " in page
    )
    assert 'href="measures/index.html"' in (folder.parent / "index.html").read_text(
        encoding="utf-8"
    )
    assert (folder / "customer.html").is_file()
