"""The wide file's profile on a tiny file: each month's own columns, blanks, malformed numbers, no number in clear."""

import csv
import datetime as dt
import io
import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import rows

MONTHLY = [
    "arpu", "onnet_mou", "offnet_mou", "roam_ic_mou", "roam_og_mou", "loc_og_t2c_mou", "loc_og_mou", "std_og_mou",
    "isd_og_mou", "total_og_mou", "loc_ic_mou", "std_ic_mou", "total_ic_mou", "total_rech_num", "total_rech_amt",
    "max_rech_amt", "date_of_last_rech", "last_day_rch_amt", "date_of_last_rech_data", "total_rech_data",
    "av_rech_amt_data", "vol_2g_mb", "vol_3g_mb", "monthly_2g", "sachet_2g", "monthly_3g", "sachet_3g",
]  # fmt: skip
HEADER = [
    "mobile_number", "circle_id", *(f"{name}_{month}" for name in MONTHLY for month in (6, 7, 8, 9)),
    "aon", "jun_vbc_3g", "jul_vbc_3g", "aug_vbc_3g", "sep_vbc_3g",
]  # fmt: skip
STAYS, FALLS_SILENT, ALREADY_SILENT = "7000842753", "7001865778", "7001625959"
STANDARD = {
    "circle_id": "109",
    "aon": "1000",
    **{f"arpu_{month}": "100.5" for month in (6, 7, 8, 9)},
}
CALLS = {
    STAYS: {
        "total_og_mou_6": "60",
        "total_og_mou_7": "90",
        "total_og_mou_8": "30",
        "total_og_mou_9": "60",
    },
    FALLS_SILENT: {"total_ic_mou_6": "5", "total_ic_mou_7": "5", "total_ic_mou_8": "5"},
    ALREADY_SILENT: {"total_og_mou_6": "5"},
}


class Vault:
    """Stands in for the warehouse: only remembers what it is given."""

    def __init__(self) -> None:
        self.pairs: dict[str, str] = {}

    def store_numbers(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs.update(pairs)


def drop(folder: Path, customers: Mapping[str, Mapping[str, str]]) -> None:
    """The file as the operator delivers it: blank where nothing was used."""
    folder.mkdir()
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, restval="")
    writer.writeheader()
    writer.writerows(
        {"mobile_number": number, **STANDARD, **values}
        for number, values in customers.items()
    )
    (folder / "telecom_wide_3.csv.xz").write_bytes(
        lzma.compress(text.getvalue().encode())
    )


def cleaned(tmp_path: Path, month: str) -> MonthRun:
    settings = load_settings(
        "telecom_wide", state_dir=tmp_path / "state", data_path=tmp_path / "drops"
    )
    run = MonthRun(settings, Month.parse(month))
    run.__dict__["warehouse"] = Vault()
    for step in ("extract", "integrate", "summarise"):
        run_on(step, run)
    return run


def featured(tmp_path: Path, through: str) -> MonthRun:
    for month in months_between(Month(2014, 6), Month.parse(through) + 1):
        run = cleaned(tmp_path, str(month))
        run_on("features", run)
        run_on("labels", run)
    return run


def token_of(run: MonthRun, number: str) -> str:
    return next(
        token for token, known in run.warehouse.pairs.items() if known == number
    )


@pytest.mark.parametrize(
    ("month", "minutes"),
    [("2014-06", 60), ("2014-07", 90), ("2014-08", 30), ("2014-09", 60)],
)
def test_each_month_takes_its_own_columns(
    tmp_path: Path, month: str, minutes: int
) -> None:
    drop(tmp_path / "drops", {STAYS: CALLS[STAYS]})
    row = rows(cleaned(tmp_path, month), "clean_usage_month")[0]
    assert row["voice_out_min"] == minutes
    assert row["event_date"] == Month.parse(month).end - dt.timedelta(days=1)
    assert row["known_date"] == Month.parse(month).end


def test_a_blank_is_no_use_and_a_malformed_number_is_set_aside(tmp_path: Path) -> None:
    drop(
        tmp_path / "drops",
        {STAYS: CALLS[STAYS], FALLS_SILENT: {"total_og_mou_7": "12,5 min"}},
    )
    run = cleaned(tmp_path, "2014-07")
    kept = rows(run, "clean_usage_month")
    assert [
        (row["voice_out_min"], row["data_3g_mb"], row["last_recharge_date"])
        for row in kept
    ] == [(90, 0, None)]
    assert [row["rule"] for row in rows(run, "quarantine")] == ["measure_malformed"]


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("usage_negative", {"total_og_mou_7": "-1"}),
        (
            "usage_absurd",
            {"total_ic_mou_7": "44641"},
        ),  # July has 31 x 24 x 60 = 44640 minutes
        ("recharge_outside_month", {"date_of_last_rech_7": "6/30/2014"}),
    ],
)
def test_each_rule_sets_its_row_aside(
    tmp_path: Path, rule: str, values: dict[str, str]
) -> None:
    drop(tmp_path / "drops", {STAYS: CALLS[STAYS], FALLS_SILENT: values})
    assert [
        row["rule"] for row in rows(cleaned(tmp_path, "2014-07"), "quarantine")
    ] == [rule]


def test_a_refund_is_kept(tmp_path: Path) -> None:
    """Set aside, its customer would look silent."""
    drop(tmp_path / "drops", {STAYS: {**CALLS[STAYS], "arpu_7": "-2014.045"}})
    row = rows(cleaned(tmp_path, "2014-07"), "month_activity")[0]
    assert (row["is_active"], float(row["revenue_cny"])) == (True, -2014.045)


def test_no_number_stays_in_clear(tmp_path: Path) -> None:
    drop(tmp_path / "drops", CALLS)
    run = featured(tmp_path, "2014-07")
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert len(files) > 10
    clear = [
        path
        for path in files
        for number in CALLS
        if number.encode() in path.read_bytes()
    ]
    assert clear == []
    assert sorted(run.warehouse.pairs.values()) == sorted(CALLS), (
        "only the vault is told"
    )
    run.engine.view("clean_usage_month")
    tokens = run.engine.frame(
        "SELECT DISTINCT customer_id FROM clean_usage_month"
    ).customer_id
    assert set(tokens) == set(run.warehouse.pairs)


def test_customers_already_silent_are_not_asked_about(tmp_path: Path) -> None:
    """August: two of three used the network; one of them is silent in September."""
    drop(tmp_path / "drops", CALLS)
    run = featured(tmp_path, "2014-09")
    truth = {
        row["customer_id"]: row["churned"] for row in rows(run, "label", "2014-08")
    }
    assert truth == {token_of(run, STAYS): False, token_of(run, FALLS_SILENT): True}


def test_features_compare_the_last_month_with_those_before(tmp_path: Path) -> None:
    drop(
        tmp_path / "drops",
        {
            STAYS: {
                **CALLS[STAYS],
                "vol_3g_mb_8": "10",
                "date_of_last_rech_7": "7/20/2014",
            }
        },
    )
    run = featured(tmp_path, "2014-08")
    voice = rows(run, "feat_prepaid_voice")[0]
    assert voice["voice_out_min"] == 30
    assert voice["voice_out_change_min"] == -60  # 30 after 90
    assert voice["voice_out_change_pct"] == -50  # -60 / (30 + 90)
    assert voice["voice_in_change_pct"] is None
    use = rows(run, "feat_prepaid_use")[0]
    assert (use["use_sum"], use["used_ways_count"]) == (
        40,
        2,
    )  # 30 minutes and 10 megabytes
    assert use["use_change_pct"] == pytest.approx(100 * -50 / 130)
    money = rows(run, "feat_prepaid_money")[0]
    assert money["days_since_recharge"] == 43  # 20 July to 1 September


def test_days_on_the_network_end_at_as_of(tmp_path: Path) -> None:
    """aon 1000 at 30 September is 970 at 31 August, the last day before as_of plus one: 971 on 1 September."""
    drop(tmp_path / "drops", {STAYS: CALLS[STAYS]})
    tenure = {
        m: rows(cleaned(tmp_path, m), "month_profile")[0]["tenure_days"]
        for m in ("2014-07", "2014-08")
    }
    assert tenure == {"2014-07": 940, "2014-08": 971}


def test_columns_of_later_months_change_nothing(tmp_path: Path) -> None:
    """The file holds September while August is run. Every later column replaced: the same bytes."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    later = {f"{name}_9": "77" for name in MONTHLY if not name.startswith("date")} | {
        "sep_vbc_3g": "77"
    }
    drop(tmp_path / "a" / "drops", CALLS)
    drop(
        tmp_path / "b" / "drops",
        {number: {**values, **later} for number, values in CALLS.items()},
    )
    key = tmp_path / "b" / "state" / "secrets" / "token_key"
    known = featured(tmp_path / "a", "2014-08")
    key.parent.mkdir(parents=True)
    key.write_bytes((tmp_path / "a" / "state" / "secrets" / "token_key").read_bytes())
    changed = featured(tmp_path / "b", "2014-08")
    tables = [query.output.table for query in known.registry.queries["features"]]
    digests = [
        [run.lake.sha256(table, run.month) for table in tables]
        for run in (known, changed)
    ]
    assert digests[0] == digests[1]
    assert len(tables) == 5
    after = [
        rows(cleaned(tmp_path / side, "2014-09"), "clean_usage_month")
        for side in ("a", "b")
    ]
    assert after[0] != after[1], "control: September itself does see the change"
