"""What the truth says was spoiled is what the tables hold, row for row."""

import psycopg
import pytest

CLOSED = "date_trunc('month', {at} AT TIME ZONE 'Asia/Shanghai') + interval '1 month 5 days'"  # billing has closed
LATE = "SELECT count(*) FROM boss.{table} WHERE ({known} AT TIME ZONE 'Asia/Shanghai')::date >= " + CLOSED
REPEATED = "(SELECT count(*) - 1 AS n FROM boss.cdr AS t GROUP BY t.* HAVING count(*) > 1)"
NO_NUMBER = "IN ('无', 'N/A', '0', '---', '13800138000/13900139000')"


def late(table: str, at: str, known: str = "rec_tm") -> str:
    return LATE.format(table=table, at=at, known=known)


COUNTS = {  # (table, kind): a query that finds the rows without knowing where they were planted
    ("cdr", "missing_customer"): "SELECT count(*) FROM boss.cdr WHERE subs_id IS NULL",
    ("cdr", "negative_duration"): "SELECT count(*) FROM boss.cdr WHERE dur_s < 0",
    ("cdr", "absurd_duration"): "SELECT count(*) FROM boss.cdr WHERE dur_s > 86400",
    ("cdr", "absurd_volume"): "SELECT count(*) FROM boss.cdr WHERE vol_kb > 1000000000",
    ("cdr", "unknown_kind"): "SELECT count(*) FROM boss.cdr WHERE biz_typ NOT IN ('10', '20', '21', '30')",
    ("cdr", "malformed_number"): "SELECT count(*) FROM boss.cdr WHERE opp_msisdn " + NO_NUMBER,
    ("cdr", "late"): late("cdr", "start_tm", "load_tm"),
    ("cdr", "exact_double"): f"SELECT sum(n) FROM {REPEATED} AS repeated",
    ("bill_item", "wrong_sign"): """SELECT count(*) FROM boss.bill_item
        WHERE (amt_fen < 0) <> (item_cd = '9001') AND amt_fen <> 0""",
    ("bill_item", "late"): """SELECT count(*) FROM boss.bill_item
        WHERE (gen_tm AT TIME ZONE 'Asia/Shanghai')::date >=
            to_date(cycle_id::text, 'YYYYMM') + interval '1 month 5 days'""",
    ("bill_item", "exact_double"): "SELECT count(*) - count(DISTINCT (bill_no, item_cd)) FROM boss.bill_item",
    ("pay_log", "reversed"): "SELECT count(*) FROM boss.pay_log WHERE amt_fen < 0",
    ("pay_log", "late"): late("pay_log", "pay_tm"),
    ("pay_log", "exact_double"): "SELECT count(*) - count(DISTINCT pay_no) FROM boss.pay_log",
    ("topup_log", "late"): late("topup_log", "topup_tm"),
    ("topup_log", "exact_double"): "SELECT count(*) - count(DISTINCT topup_no) FROM boss.topup_log",
    ("cmplt_ticket", "late"): late("cmplt_ticket", "cmplt_tm"),
    ("fault_ticket", "late"): late("fault_ticket", "report_tm"),
    ("mkt_offer", "late"): late("mkt_offer", "offer_tm"),
    ("survey_ans", "off_scale"): "SELECT count(*) FROM boss.survey_ans WHERE score > 10",
    ("subs_his", "malformed_number"): "SELECT count(*) FROM boss.subs_his WHERE msisdn " + NO_NUMBER,
    ("subs_his", "missing_sex"): "SELECT count(*) FROM boss.subs_his WHERE sex_cd IS NULL",
    ("subs_his", "missing_birth"): "SELECT count(*) FROM boss.subs_his WHERE birth_yr IS NULL",
    ("subs_his", "absurd_birth"): "SELECT count(*) FROM boss.subs_his WHERE birth_yr < 1900",
    ("subs_his", "fuzzy_double"): "SELECT count(*) FROM boss.subs_his WHERE subs_id >= 90000001",
    ("cdr", "schema_change"): """SELECT count(*) FROM information_schema.columns
        WHERE table_schema = 'boss' AND table_name LIKE 'cdr\\_%' AND column_name IN ('volte_flag', 'cell_ref')""",
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(source: str) -> dict[tuple[str, str], int]:
    with psycopg.connect(source) as connection:
        rows = connection.execute("SELECT tab, kind, count(*) FROM sim_truth.dirt GROUP BY 1, 2").fetchall()
    return {(table, kind): count for table, kind, count in rows}


def test_every_kind_of_dirt_is_counted_here(planted: dict) -> None:
    assert set(planted) == set(COUNTS)
    assert len(planted) == 26


@pytest.mark.parametrize(("table", "kind"), COUNTS)
def test_tables_hold_exactly_the_dirt_that_was_planted(source: str, planted: dict, table: str, kind: str) -> None:
    with psycopg.connect(source) as connection:
        found = connection.execute(COUNTS[table, kind]).fetchone()[0]
    assert found == planted[table, kind] > 0


def test_a_fuzzy_double_is_nearly_the_same_person_under_another_number(source: str) -> None:
    with psycopg.connect(source) as connection:
        pairs = connection.execute(
            """SELECT a.cust_nm, b.cust_nm, a.addr, b.addr
            FROM sim_truth.fuzzy_double AS d
            JOIN boss.subs_his AS a ON a.subs_id = d.subs_id AND a.ver_no = 1
            JOIN boss.subs_his AS b ON b.subs_id = d.double_of AND b.ver_no = 1"""
        ).fetchall()
        billed = connection.execute("SELECT count(*) FROM boss.bill_item WHERE subs_id >= 90000001").fetchone()[0]
    assert len(pairs) > 5 and billed == 0
    assert all(name[0] == first[0] and address != original for name, first, address, original in pairs)
