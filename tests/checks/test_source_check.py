"""``churn check-source``: what is said of each kind of gap, and that no value of the data is said."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn_tasks.by_hand.source import look
from churn_tasks.checks.destinations import destinations
from churn_tasks.checks.source_check import Judged, Seen, judge, missing_activity
from churn_tasks.cli import app
from churn_tasks.cli.source_screens import source_screens
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.lineage.gaps import Gaps, everything_delivered
from tests.lakes import small_profile

MARCH = Month(2024, 3)
STATED = Quality()
WINDOW = load_settings("telecom").calendar.window(MARCH)
COMPLAINT = {
    "complaint_id": "string", "customer_id": "string", "event_date": "date32[day]", "known_date": "date32[day]",
    "category": "string", "channel": "string", "complaint_text": "string", "outcome": "string",
    "outcome_known_date": "date32[day]",
}  # fmt: skip


@pytest.fixture(scope="module")
def gaps() -> Gaps:
    return everything_delivered(load_settings("telecom"))


def verdict(
    gaps: Gaps,
    *,
    without: tuple[str, ...] = (),
    retyped: dict[str, str] | None = None,
    quality: Quality = STATED,
    **facts: object,
) -> Judged:
    """What is said of 900 complaints that differ from the contract in one way."""
    columns = {
        name: kind
        for name, kind in (COMPLAINT | (retyped or {})).items()
        if name not in without
    }
    seen: dict[str, object] = {
        "columns": columns, "rows": 900, "rows_before": 880, "looked_at": 900,
        "filled": dict.fromkeys(columns, 900), "newest_known": date(2024, 3, 31),
    }  # fmt: skip
    return judge(
        gaps.contracts["complaint"], Seen(**(seen | facts)), gaps, WINDOW, quality
    )  # type: ignore[arg-type]


def test_a_table_as_the_contract_wants_it_has_nothing_to_say(gaps: Gaps) -> None:
    said = verdict(gaps)
    assert (said.stops, said.remarks, said.missing, said.mistyped) == ((), (), (), ())
    assert not said.cost.features and not said.cost.triggers


def test_an_optional_column_that_is_missing_costs_its_features_and_triggers(
    gaps: Gaps,
) -> None:
    said = verdict(gaps, without=("outcome",))
    assert said.missing == ("outcome",) and not said.stops
    assert said.cost.by_family() == {
        "service": ["complaint_unsatisfied_count", "complaint_reluctant_count"]
    }
    assert said.cost.trigger_names == ("complaint_unsettled",)


def test_a_column_that_comes_empty_costs_the_same(gaps: Gaps) -> None:
    said = verdict(gaps, filled={**dict.fromkeys(COMPLAINT, 900), "category": 0})
    assert said.missing == ("category",) and said.remarks == (
        "column category is empty",
    )
    assert [feature.name for feature in said.cost.features] == [
        "complaint_porting_count",
        "complaint_price_count",
        "complaint_network_count",
        "complaint_service_count",
        "complaint_billing_count",
        "complaint_most_on_one_subject_count",
        "complaint_change_count",
    ]


def test_a_required_column_that_is_missing_stops_the_month(gaps: Gaps) -> None:
    assert verdict(gaps, without=("known_date",)).stops == (
        "required column known_date is not delivered",
    )


def test_mistyped_columns_say_how_many_values_cannot_be_read(gaps: Gaps) -> None:
    said = verdict(
        gaps, retyped={"event_date": "string"}, set_aside={"event_date_unreadable": 12}
    )
    assert said.mistyped == (("event_date", "string", "date", 12),)
    assert (
        said.remarks == ("event_date_unreadable: 12 of 900 rows would be set aside",)
        and not said.stops
    )
    hopeless = verdict(gaps, retyped={"event_date": "bool"})
    assert hopeless.stops == (
        "column event_date arrives as bool, which cannot be read as date",
    )


def test_too_many_rows_set_aside_stop_the_month(gaps: Gaps) -> None:
    said = verdict(gaps, set_aside={"customer_id_missing": 90})
    assert said.stops == (
        "customer_id_missing would set aside 10.0% of the rows, at most 5.0% may be"
        " (quality: complaint.any_missing_share)",
    )
    together = {"customer_id_missing": 30, "event_date_missing": 30}
    assert verdict(gaps, set_aside=together).stops == (
        "customer_id_missing, event_date_missing would set aside 6.7% of the rows, at most 5.0% may be"
        " (quality: complaint.any_missing_share)",
    ), "as in the run: the columns are judged together"


def test_what_the_settings_allow_stops_neither_here_nor_in_the_run(gaps: Gaps) -> None:
    """What the stops name is put into the settings, and they are gone."""
    allowed = [
        {"measures": "complaint.any_missing_share", "allowed": [None, 0.2]},
        {"measures": "complaint.volume_ratio", "allowed": [0.1, 10]},
        {"measures": "complaint.rows", "allowed": [1_000, None]},
    ]
    quality = Quality.model_validate({"exceptions": allowed})
    many = {"customer_id_missing": 90}
    assert verdict(gaps, quality=quality, rows=5_000, set_aside=many).stops == ()
    assert verdict(gaps, quality=quality).stops == (
        "900 rows, at least 1,000 are expected (quality: complaint.rows)",
    )


@pytest.mark.parametrize(
    ("rows", "newest", "stale"),
    [
        (900, date(2024, 3, 30), False),  # a quiet last day happens
        (900, date(2024, 3, 20), True),  # 30 a day, then nothing for eleven days
        (4, date(2024, 3, 20), False),  # four in a month: eleven quiet days are usual
        (900, date(2024, 4, 3), False),
    ],
)
def test_a_table_is_stale_when_it_is_silent_for_longer_than_its_rows_explain(
    gaps: Gaps, rows: int, newest: date, stale: bool
) -> None:
    said = verdict(gaps, rows=rows, rows_before=rows, newest_known=newest)
    assert (
        any(
            remark.startswith("stale: the newest row was known on 2024-03-20, 11 days")
            for remark in said.remarks
        )
        == stale
    )


def test_less_than_half_or_more_than_twice_the_rows_of_the_month_before_stop(
    gaps: Gaps,
) -> None:
    assert verdict(gaps, rows=300).stops == (
        "300 rows after 880 in the month before (quality: complaint.volume_ratio)",
    )
    assert verdict(gaps, rows=1_000).stops == ()
    few = {"rows": 15, "rows_before": 6, "looked_at": 15}
    volume = [why for why in verdict(gaps, **few).stops if "volume_ratio" in why]
    assert volume == [], "six complaints may become fifteen by chance"


def test_a_table_that_is_not_delivered_costs_everything_that_needs_it(
    gaps: Gaps,
) -> None:
    less = replace(gaps, delivered=gaps.delivered - {"port_out"})
    said = judge(gaps.contracts["port_out"], None, less, WINDOW, STATED)
    assert said.state == "absent" and not said.stops
    assert len(said.cost.features) == 15, (
        "the whole query falls away: it reads usage and porting together"
    )


def test_without_activity_nobody_is_a_customer(gaps: Gaps) -> None:
    less = replace(gaps, delivered=frozenset({"cdr", "customer"}))
    assert missing_activity(less).endswith("(month_activity): deliver bill")
    assert judge(gaps.contracts["bill"], None, less, WINDOW, STATED).stops == (
        "without it nobody is a customer",
    )
    assert missing_activity(gaps) == ""


# ---- with a source


def settings_with(tmp_path: Path, **extracts: str) -> Settings:
    drops = tmp_path / "drops"
    drops.mkdir(exist_ok=True)
    profile = small_profile(
        tmp_path, [], source={"kind": "files", "files": {"lines": "lines.csv"}}
    )
    for name, sql in extracts.items():
        (profile / "extract" / f"{name}.sql").write_text(sql, encoding="utf-8")
    return load_settings(str(profile), state_dir=tmp_path / "state", data_path=drops)


BILLS = """SELECT no AS bill_id, account AS customer_id, day AS event_date, day AS known_date, 'plan_fee' AS item_code,
    fee AS amount_cny FROM lines"""
CUSTOMERS = "SELECT account AS customer_id, day AS event_date, day AS known_date, phone AS phone_number FROM lines"


def lines(bad: int = 0) -> str:
    rows = [
        f"B{n},c{n},{'soon' if n < bad else '2024-03-05'},58.5,13800{n:06d}"
        for n in range(300)
    ]
    return "\n".join(["no,account,day,fee,phone", *rows]) + "\n"


def looked_at(tmp_path: Path, text: str, **extracts: str) -> dict[str, Judged]:
    settings = settings_with(tmp_path, **extracts)
    (tmp_path / "drops" / "lines.csv").write_text(text, encoding="utf-8")
    from churn_tasks.declared.lineage.gaps import load_gaps

    gaps = load_gaps(settings)
    return {one.table: one for one in look(settings, MARCH, gaps, 1_000_000)}


def test_a_folder_of_csv_is_read_without_lake_or_warehouse(tmp_path: Path) -> None:
    said = looked_at(tmp_path, lines(bad=3), bill=BILLS, customer=CUSTOMERS)
    assert said["bill"].rows == 300 and said["bill"].stops == ()
    assert ("event_date", "string", "date", 3) in said["bill"].mistyped
    assert said["customer"].state == "present" and "gender" in said["customer"].missing
    assert said["cdr"].state == "absent" and len(said["cdr"].cost.features) > 40
    assert not (tmp_path / "state" / "lake" / "raw_bill").exists()


def test_a_select_that_fails_says_why_and_the_others_are_still_looked_at(
    tmp_path: Path,
) -> None:
    said = looked_at(tmp_path, lines(), bill=BILLS, customer="SELECT nobody FROM lines")
    assert said["customer"].state == "refused" and "nobody" in said["customer"].stops[0]
    assert said["bill"].state == "present"


def test_the_command_ends_with_one_and_names_the_column_and_shows_no_value(
    tmp_path: Path,
) -> None:
    settings = settings_with(
        tmp_path,
        bill=BILLS.replace("fee AS amount_cny", "fee AS amount"),
        customer=CUSTOMERS,
    )
    (tmp_path / "drops" / "lines.csv").write_text(lines(bad=3), encoding="utf-8")
    environment = {
        "CHURN_DATA_PATH": str(tmp_path / "drops"),
        "CHURN_STATE_DIR": str(tmp_path / "state"),
    }
    answer = tmp_path / "answer.json"
    done = CliRunner().invoke(
        app,
        [
            "check-source",
            "--month",
            "2024-03",
            "--profile",
            str(settings.profile_dir),
            "--json",
            str(answer),
        ],
        env=environment,
    )
    assert done.exit_code == 1, done.output
    assert (
        "required column amount_cny is not delivered" in done.output
        and "cannot run yet" in done.output
    )
    machine = json.loads(answer.read_text(encoding="utf-8"))
    bill = next(one for one in machine["contracts"] if one["table"] == "bill")
    assert machine["can_run"] is False and bill["missing_columns"] == [
        "amount_cny",
        "cancels_bill_id",
    ]
    for shown in (done.output, answer.read_text(encoding="utf-8")):
        assert "13800" not in shown and "soon" not in shown, "a value of the data"
    assert "13800000007" in (tmp_path / "drops" / "lines.csv").read_text(
        encoding="utf-8"
    ), "control: it is in the data"


def test_each_delivered_column_is_said_to_become_something(gaps: Gaps) -> None:
    given = gaps.contracts["customer"]
    names = [*(column.name for column in given.delivered_columns), "shoe_size"]
    found = {one.column: one for one in destinations(given, names, gaps)}
    assert list(found) == names
    becomes = {name: one.becomes for name, one in found.items()}
    assert becomes["customer_id"] == becomes["known_date"] == "key"
    for name in ("region_code", "city_code", "customer_group", "plan_code"):
        assert becomes[name] == "category"
    assert becomes["pay_mode"] == becomes["joined_date"] == "feature"
    assert becomes["gender"] == becomes["address_text"] == "kept only"
    assert becomes["shoe_size"] == "ignored"
    assert found["plan_code"].features[0] == "tariff"
    assert found["customer_group"].triggers == ("campus_without_traffic",)


@pytest.mark.parametrize(
    ("table", "column", "becomes"),
    [
        ("payment", "channel", "category"), ("payment", "billed_month", "kept only"),
        ("complaint", "category", "feature"),
        ("handset", "maker", "kept only"), ("contact", "contact_id", "key"), ("market", "series_code", "feature"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_column_of_another_table(
    gaps: Gaps, table: str, column: str, becomes: str
) -> None:
    (one,) = destinations(gaps.contracts[table], [column], gaps)
    assert one.becomes == becomes


def test_a_column_under_another_of_its_names_is_not_ignored(gaps: Gaps) -> None:
    given = gaps.contracts["customer"]
    (token,) = [c for c in given.delivered_columns if c.name == "phone_token"]
    other = sorted(token.delivered_names - {"phone_token"})[0]
    (one,) = destinations(given, [other], gaps)
    assert one.column == "phone_token"


def test_the_command_says_what_becomes_of_columns(gaps: Gaps) -> None:
    said = verdict(gaps)
    columns = {each["column"]: each["becomes"] for each in said.as_json()["columns"]}
    assert columns["category"] == "feature"
    assert set(columns) == set(COMPLAINT)
    (screen,) = [
        one
        for one in source_screens([said], MARCH, "telecom")
        if "What becomes" in str(one.title)
    ]
    assert screen.row_count == len(set(columns.values()))
