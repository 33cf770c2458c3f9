"""What the truth says was spoiled is what the tables hold, row for row."""

import psycopg
import pytest

CLOSED = "date_trunc('month', {at} AT TIME ZONE 'Asia/Shanghai') + interval '1 month 5 days'"  # billing has closed
LATE = (
    "SELECT count(*) FROM boss.{table} WHERE ({known} AT TIME ZONE 'Asia/Shanghai')::date >= "
    + CLOSED
)
NO_NUMBER = "IN ('无', 'N/A', '0', '---', '13800138000/13900139000')"
BILL_CLOSED = "to_date(cycle_id::text, 'YYYYMM') + interval '1 month 5 days'"
ORIGINAL = "subs_id < 90000001"  # what is registered a second time repeats the slips of the first


def late(table: str, at: str, known: str = "rec_tm") -> str:
    return LATE.format(table=table, at=at, known=known)


def late_rows_that_repeat(
    table: str, key: str, known: str, closed: str, repeated: bool = True
) -> str:
    """Rows learnt late whose key was there in time: corrections; or, not repeated, rows that are late as such."""
    late_row = f"({known} AT TIME ZONE 'Asia/Shanghai')::date >= {closed}"
    in_time = f"(SELECT {key} FROM boss.{table} WHERE NOT ({late_row}))"
    return f"SELECT count(*) FROM boss.{table} WHERE {late_row} AND {'' if repeated else 'NOT '}({key}) IN {in_time}"


def same_rows(table: str) -> str:
    return f"SELECT sum(n) FROM (SELECT count(*) - 1 AS n FROM boss.{table} AS t GROUP BY t.* HAVING count(*) > 1) AS r"


def rows(table: str, condition: str) -> str:
    return f"SELECT count(*) FROM boss.{table} WHERE {condition}"


PAID = CLOSED.format(at="pay_tm")
TRADITIONAL = "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蔣偉麗強軍艷傑濤剛華蘭鵬軒陽遠靜"
COUNTS = {  # (table, kind): a query that finds the rows without knowing where they were planted
    ("cdr", "missing_customer"): rows("cdr", "subs_id IS NULL"),
    ("cdr", "negative_duration"): rows("cdr", "dur_s < 0"),
    ("cdr", "absurd_duration"): rows("cdr", "dur_s > 86400"),
    ("cdr", "negative_volume"): rows("cdr", "vol_kb < 0"),
    ("cdr", "absurd_volume"): rows("cdr", "vol_kb > 1000000000"),
    ("cdr", "absurd_charge"): rows("cdr", "fee_fen > 1000000"),
    ("cdr", "unknown_kind"): rows("cdr", "biz_typ NOT IN ('10', '20', '21', '30')"),
    ("cdr", "malformed_number"): rows("cdr", "opp_msisdn " + NO_NUMBER),
    ("cdr", "late"): late("cdr", "start_tm", "load_tm"),
    ("cdr", "exact_double"): same_rows("cdr"),
    ("agr_info", "reversed_term"): rows("agr_info", "end_dt <= beg_dt"),
    ("bill_item", "wrong_sign"): rows("bill_item", "(amt_fen < 0) <> (item_cd = '9001') AND amt_fen <> 0"),
    ("bill_item", "absurd_amount"): rows("bill_item", "amt_fen > 5000000"),
    ("bill_item", "missing_amount"): rows("bill_item", "amt_fen IS NULL"),
    ("bill_item", "missing_customer"): rows("bill_item", "subs_id IS NULL"),
    ("bill_item", "unknown_item"): rows("bill_item", "item_cd = '7777'"),
    ("bill_item", "late"): late_rows_that_repeat("bill_item", "bill_no, item_cd", "gen_tm", BILL_CLOSED, False),
    ("bill_item", "correction"): late_rows_that_repeat("bill_item", "bill_no, item_cd", "gen_tm", BILL_CLOSED),
    ("bill_item", "exact_double"): same_rows("bill_item"),
    ("pay_log", "reversed"): rows("pay_log", "amt_fen < 0"),
    ("pay_log", "absurd_amount"): rows("pay_log", "amt_fen > 5000000"),
    ("pay_log", "missing_customer"): rows("pay_log", "subs_id IS NULL"),
    ("pay_log", "late"): late_rows_that_repeat("pay_log", "pay_no", "rec_tm", PAID, False),
    ("pay_log", "correction"): late_rows_that_repeat("pay_log", "pay_no", "rec_tm", PAID),
    ("pay_log", "exact_double"): same_rows("pay_log"),
    ("topup_log", "reversed"): rows("topup_log", "amt_fen < 0"),
    ("topup_log", "absurd_amount"): rows("topup_log", "amt_fen > 5000000"),
    ("topup_log", "missing_customer"): rows("topup_log", "subs_id IS NULL"),
    ("topup_log", "late"): late("topup_log", "topup_tm"),
    ("topup_log", "exact_double"): same_rows("topup_log"),
    ("bal_snap", "missing_balance"): rows("bal_snap", "bal_fen IS NULL"),
    ("bal_snap", "absurd_balance"): rows("bal_snap", "abs(bal_fen) > 10000000"),
    ("owe_snap", "no_debt"): rows("owe_snap", "owe_fen <= 0"),
    ("owe_snap", "absurd_debt"): rows("owe_snap", "owe_fen > 10000000"),
    ("owe_snap", "negative_age"): rows("owe_snap", "owe_days < 0"),
    ("srv_snap", "unknown_service"): rows("srv_snap", "srv_cd NOT IN ('BB', 'FIX', 'TV', 'CLD', 'RBT', 'RPK')"),
    ("srv_snap", "negative_traffic"): rows("srv_snap", "flow_mb < 0"),
    ("site_snap", "no_operator"): rows("site_snap", "oper_cnt < 1"),
    ("fix_use", "negative_traffic"): rows("fix_use", "flow_mb < 0"),
    ("fix_use", "absurd_days"): rows("fix_use", "act_days > 31"),
    ("term_snap", "unknown_generation"): rows("term_snap", "gen_cd NOT IN ('2', '3', '4', '5')"),
    ("fix_use", "unknown_access"): rows("fix_use", "acc_typ = 'ZZ'"),
    ("term_snap", "unknown_lock"): rows("term_snap", "lock_cd = '9'"),
    ("term_snap", "absurd_price"): rows("term_snap", "price_fen > 5000000"),
    ("term_snap", "future_first_use"): rows("term_snap", "first_dt > snap_dt"),
    ("cmplt_ticket", "late"): late("cmplt_ticket", "cmplt_tm"),
    ("cmplt_ticket", "missing_customer"): rows("cmplt_ticket", "subs_id IS NULL"),
    ("fault_ticket", "late"): late("fault_ticket", "report_tm"),
    ("fault_ticket", "negative_repair"): rows("fault_ticket", "fix_hours < 0"),
    ("mkt_offer", "late"): late("mkt_offer", "offer_tm"),
    ("mkt_offer", "absurd_discount"): rows("mkt_offer", "disc_fen > 100000"),
    ("survey_ans", "off_scale"): rows("survey_ans", "score > 10"),
    ("survey_ans", "unknown_kind"): rows("survey_ans", "survey_typ NOT IN ('NPS', 'CSAT')"),
    ("keep_contact", "unreached_reply"): rows("keep_contact", "reach_flag = '0' AND reply_cd <> '-'"),
    ("biz_request", "unknown_kind"): rows("biz_request", "req_cd NOT IN ('R1', 'R2', 'R3', 'R4')"),
    ("np_request", "missing_customer"): rows("np_request", "subs_id IS NULL"),
    ("subs_his", "malformed_number"): rows("subs_his", "msisdn " + NO_NUMBER),
    ("subs_his", "absurd_birth"): rows("subs_his", "birth_yr < 1900"),
    ("subs_his", "future_joining"): rows("subs_his", "open_dt > (eff_tm AT TIME ZONE 'Asia/Shanghai')::date + 1"),
    ("subs_his", "reversed_dates"): rows("subs_his", "rec_tm < eff_tm - interval '60 days'"),
    ("subs_his", "unknown_pay_mode"): rows("subs_his", "pay_typ NOT IN ('0', '1')"),
    ("subs_his", "negative_rent"): rows("subs_his", "rent_fen < 0"),
    ("subs_his", "missing_sex"): rows("subs_his", f"sex_cd IS NULL AND {ORIGINAL}"),
    ("subs_his", "missing_birth"): rows("subs_his", f"birth_yr IS NULL AND {ORIGINAL}"),
    ("subs_his", "wrong_document"): """SELECT count(*) FROM boss.subs_his
        WHERE id_no ~ '^[0-9]{17}[0-9Xx]$' AND right(upper(id_no), 1) <> substr('10X98765432', 1 + (
            SELECT sum(substr(id_no, i, 1)::int * (array[7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2])[i])::int
            FROM generate_series(1, 17) AS i) % 11, 1)""",
    ("subs_his", "unknown_region"): rows("subs_his", "area_cd = '77'"),
    ("subs_his", "unknown_plan"): rows("subs_his", "prod_id = 'PX9'"),
    ("subs_his", "region_name"): rows("subs_his", "area_cd ~ '[东西南北江湖山海]'"),
    ("subs_his", "region_spelling"): rows("subs_his", "area_cd ~ '^([0-9]|[０-９]{2})$'"),
    ("subs_his", "plan_spelling"): rows("subs_his", "prod_id !~ '^P([0-9]{2,3}|X9)$'"),
    ("subs_his", "name_spacing"): rows("subs_his", f"cust_nm ~ '[ 　]' AND {ORIGINAL}"),
    ("subs_his", "name_traditional"): rows("subs_his", f"cust_nm ~ '[{TRADITIONAL}]' AND {ORIGINAL}"),
    ("subs_his", "fuzzy_double"): rows("subs_his", f"NOT {ORIGINAL}"),
    ("cdr", "schema_change"): """SELECT count(*) FROM information_schema.columns
        WHERE table_schema = 'boss' AND table_name LIKE 'cdr\\_%' AND column_name IN ('volte_flag', 'cell_ref')""",
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(source: str) -> dict[tuple[str, str], int]:
    with psycopg.connect(source) as connection:
        rows = connection.execute(
            "SELECT tab, kind, count(*) FROM sim_truth.dirt GROUP BY 1, 2"
        ).fetchall()
    return {(table, kind): count for table, kind, count in rows}


def test_every_kind_of_dirt_is_counted_here(planted: dict) -> None:
    assert set(planted) == set(COUNTS)
    assert len(planted) == 74


@pytest.mark.parametrize(("table", "kind"), COUNTS)
def test_tables_hold_exactly_the_dirt_that_was_planted(
    source: str, planted: dict, table: str, kind: str
) -> None:
    with psycopg.connect(source) as connection:
        found = connection.execute(COUNTS[table, kind]).fetchone()[0]
    assert found == planted[table, kind] > 0
