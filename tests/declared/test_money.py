"""What ships in yuan, as another currency makes it: units, limits of what is absurd, costs."""

import re
from pathlib import Path

import pytest

from churn_tasks.core.currency import NO_MONEY, currencies
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.registry import Registry, load_contracts, load_registry
from tests.lakes import raw_tables, small_profile

TABLES = raw_tables()


def registry(folder: Path, **settings: object) -> Registry:
    profile = small_profile(folder, TABLES, **settings)
    return load_registry(load_settings(str(profile)))


def limit_of(table: RawTable, rule: str) -> tuple[str, str, str]:
    (found,) = [each for each in table.rules if each.name == rule]
    return found.reject_when, found.en, found.zh


def test_the_table_of_currencies_is_whole() -> None:
    known = currencies()
    assert len(known) > 150 and NO_MONEY in known
    for code, money in known.items():
        if code != NO_MONEY:
            assert re.fullmatch("[A-Z]{3}", code)
            assert money.per_yuan > 0 and money.en and money.zh
            assert money.parts in (1, 100, 1000) and bool(money.part) == (
                money.parts > 1
            )


@pytest.mark.parametrize(
    ("given", "meant"), [("rub", "RUB"), ("EURO", "EUR"), ("12", "ISO 4217")]
)
def test_a_currency_that_there_is_not_is_an_error(
    tmp_path: Path, given: str, meant: str
) -> None:
    profile = small_profile(tmp_path, ["bill"], currency=given)
    with pytest.raises(SettingsError, match=f"currency: .*{meant}"):
        load_settings(str(profile))


@pytest.mark.parametrize("code", ["RUB", "JPY", "KWD", NO_MONEY])
def test_nothing_that_people_read_says_yuan(tmp_path: Path, code: str) -> None:
    """Negative control: in yuan it does."""
    made = registry(tmp_path, currency=code)
    assert not list(_yuan_in(made))
    assert len(list(_yuan_in(registry(tmp_path, currency="CNY")))) > 100


def _yuan_in(made: Registry):
    for table in made.tables.values():
        yield from (c.name for c in table.columns if "CNY" in c.unit)
        for rule in getattr(table, "rules", ()):
            if "CNY" in rule.en or re.search("[0-9万千] ?元", rule.zh):
                yield rule.name


@pytest.mark.parametrize(
    ("code", "limit", "said"),
    [
        ("CNY", "50000", "50,000 CNY"),
        ("RUB", "500000", "500,000 RUB"),
        ("IDR", "100000000", "100,000,000 IDR"),
        ("EUR", "50000", "50,000 EUR"),  # never a smaller number: cents may come
    ],
)
def test_limits_follow_the_currency(
    tmp_path: Path, code: str, limit: str, said: str
) -> None:
    bill = registry(tmp_path, currency=code).raw["bill"]
    sql, en, zh = limit_of(bill, "amount_absurd")
    assert f"greatest({limit}, 100 * getvariable('usual_amount_of_bill'))" in sql
    assert said in en and currencies()[code].zh in zh
    assert "{limit}" not in en + zh


def test_every_amount_with_a_number_in_its_rule_has_a_limit_that_follows() -> None:
    """A new rule with a number of yuan in it must say so, or it holds in every currency."""
    for table in load_contracts(load_settings("telecom")).values():
        for rule in table.rules:
            if re.search(r"_cny\b[^,]*[<>]=? *[0-9]{3,}", rule.reject_when):
                pytest.fail(f"{table.table}.{rule.name} has a number that no currency moves")  # fmt: skip


def test_a_profile_states_a_limit_of_its_own(tmp_path: Path) -> None:
    limits = {"bill.amount_absurd": 2_000_000}
    bill = registry(tmp_path, currency="RUB", limits=limits).raw["bill"]
    sql, en, _ = limit_of(bill, "amount_absurd")
    assert sql == "abs(amount_cny) > 2000000"
    assert "2,000,000 RUB" in en and "usual" not in en
    with pytest.raises(SettingsError, match=r"limits: no contract has bill\.absurd; there are arrears"):  # fmt: skip
        registry(tmp_path, limits={"bill.absurd": 1})


def test_costs_that_ship_are_about_so_much_of_the_currency(tmp_path: Path) -> None:
    given = {"lifetime.case_cny": 300}
    made = registry(tmp_path, currency="RUB", figures=given)
    (lifetime,) = [q for q in made.queries["features"] if q.name == "lifetime"]
    costs = {f.name: (f.value, f.unit) for f in lifetime.output.figures}
    assert costs["cost_cny"] == (60, "RUB a month")
    assert costs["case_cny"] == (300, "RUB"), "what the profile states is taken as it is"  # fmt: skip
    assert costs["horizon_months"] == (36, "months")


def test_parts_of_the_currency_are_units(tmp_path: Path) -> None:
    kopeks = {"bill.amount_cny": {"from": "kopek"}}
    registry(tmp_path, currency="RUB", standardise=kopeks)
    registry(tmp_path, currency="JPY", standardise={"bill.amount_cny": {"from": "thousand_JPY"}})  # fmt: skip
    with pytest.raises(SettingsError, match="allowed are EUR, thousand_EUR, cent"):
        registry(tmp_path, currency="EUR", standardise=kopeks)


LACKING = {
    "month_activity": ("is_active", "revenue_cny (0 where nothing is paid)"),
    "month_profile": (
        "phone_token",
        "has_left (false where no account is ever closed)",
    ),
}


@pytest.mark.parametrize("table", LACKING)
def test_a_table_without_a_column_that_is_read_of_it_is_refused(
    tmp_path: Path, table: str
) -> None:
    has, lacks = LACKING[table]
    profile = small_profile(tmp_path, ["complaint"])
    folder = profile / "sql" / "month" / "own"
    folder.mkdir(parents=True)
    (folder / "query.sql").write_text("-- Own.\nSELECT 1\n")
    (folder / "query.yaml").write_text(
        f"table: {table}\nkey: [customer_id]\nmeaning: {{en: Own, zh: 自有}}\n"
        "params: [month, as_of, known_until]\nreads: [clean_complaint]\ncolumns:\n"
        "  - {name: customer_id, type: text, required: true, en: Number, zh: 编号}\n"
        f"  - {{name: {has}, type: text, en: Own, zh: 自有}}\n"
    )
    with pytest.raises(SettingsError, match=re.escape(lacks)):
        load_registry(load_settings(str(profile)))
