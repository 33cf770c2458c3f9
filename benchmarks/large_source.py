"""A simulated operator's database made many times larger, inside the database.

Every copy of a subscriber has numbers, name, address and documents of its own, every copy of a record a number of its
own, so that neither distinct values nor persons are fewer than with a large operator. A document that was right stays
right, one that was mistyped stays wrong.
"""

from pathlib import Path

import psycopg

from churn_tasks.core.months import Month
from churn_tasks.simulator.words import GIVEN

STEP = 1_000_000_000_000  # from a number of the original to that of its first copy
MOST_COPIES = 1_000  # as many as three digits tell apart

# what each copy has its own of; everything else is the original's
OWN_NUMBER = (
    "subs_id", "agr_no", "rec_no", "bill_no", "pay_no", "topup_no", "ticket_no", "answer_no", "offer_no",
    "contact_no", "req_no", "np_no",
)  # fmt: skip
OWN_TEXT = {
    "msisdn": "bench.own_telephone(msisdn, copy)",
    "opp_msisdn": "bench.own_telephone(opp_msisdn, copy)",
    "id_no": "bench.own_document(id_no, copy)",
    "cust_nm": "bench.own_name(cust_nm, copy)",
    "addr": "bench.turned(addr, copy)",
}
# of these tables only the rows of the month are copied: the column that tells, as in the simulator's indexes.sql
OF_ONE_MONTH = {
    "bill_item": "to_date(cycle_id::text || '01', 'YYYYMMDD')",
    "pay_log": "pay_tm",
    "topup_log": "topup_tm",
    "bal_snap": "snap_dt",
    "owe_snap": "snap_dt",
    "srv_snap": "snap_dt",
    "site_snap": "snap_dt",
    "fix_use": "sum_dt",
    "term_snap": "snap_dt",
    "fault_ticket": "report_tm",
    "cmplt_ticket": "cmplt_tm",
    "survey_ans": "answer_tm",
    "mkt_offer": "offer_tm",
    "keep_contact": "contact_tm",
    "biz_request": "req_tm",
    "np_request": "req_tm",
}
AS_A_WHOLE = ("subs_his", "agr_info")  # versions and agreements that began earlier

FUNCTIONS = Path(__file__).with_suffix(".sql")


def make_large(source_url: str, month: Month, copies: int) -> None:
    """Give every subscriber of the database so many copies in all, with their records of one month."""
    with psycopg.connect(source_url, autocommit=True) as connection:
        prepare(connection)
        for table in AS_A_WHOLE:
            _multiply(connection, table, copies)
        start, end = str(month.start), str(month.end)
        for table, day in OF_ONE_MONTH.items():
            _multiply(
                connection, table, copies, f"{day} >= '{start}' AND {day} < '{end}'"
            )
        _multiply(connection, f"cdr_{month.year}{month.number:02d}", copies)
        connection.execute("ANALYZE")


def make_large_cdr(source_url: str, month: Month, copies: int) -> None:
    """The same for the call records of a month alone."""
    with psycopg.connect(source_url, autocommit=True) as connection:
        prepare(connection)
        _multiply(connection, f"cdr_{month.year}{month.number:02d}", copies)
        connection.execute("ANALYZE")


def prepare(connection: psycopg.Connection) -> None:
    """Make the functions that the copies are written with."""
    text = FUNCTIONS.read_text(encoding="utf-8")
    connection.execute(text.replace("$characters", "".join(GIVEN)))


def _multiply(
    connection: psycopg.Connection, table: str, copies: int, rows: str = "true"
) -> None:
    """Append the copies of a table's rows."""
    if copies > MOST_COPIES:
        raise ValueError(f"{copies} copies; at most {MOST_COPIES} can be told apart")
    columns = _columns(connection, table)
    values = ", ".join(own_value(column) for column in columns)
    connection.execute(
        f"INSERT INTO boss.{table} ({', '.join(columns)})"
        f" SELECT {values} FROM boss.{table}, generate_series(1, {copies - 1}) AS copies(copy) WHERE {rows}"
    )


def own_value(column: str) -> str:
    """What a copy has in a column."""
    if column in OWN_NUMBER:
        return f"{column} + copy * {STEP}"
    return OWN_TEXT.get(column, column)


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    asked = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum",
        (f"boss.{table}",),
    )
    return [name for (name,) in asked]
