"""Rows that come twice, too late, in the wrong month, or in the wrong number."""

from tests.corrupted.delivery import Delivery, Row
from tests.corrupted.kinds import (
    Kind,
    Late,
    Merged,
    Passes,
    Refused,
    SetAside,
    cell,
    every_row,
    kind,
)


def twice(delivery: Delivery, table: str) -> None:
    delivery.rows[table] += [dict(delivery.fresh(table)) for _ in range(7)]


def corrected(delivery: Delivery, table: str) -> Row:
    row = delivery.fresh(table)
    delivery.rows[table].append(
        {**row, "amount_cny": "77.00", "known_date": "2024-04-04"}
    )
    return row


def disagreeing(delivery: Delivery, table: str) -> Row:
    row = delivery.fresh(table)
    row["amount_cny"] = "20.50"
    delivery.rows[table].append({**row, "amount_cny": "19.00"})
    return row


def contradicting(delivery: Delivery, table: str) -> Row:
    row = delivery.fresh(table)
    delivery.rows[table].append({**row, "plan_code": "P99"})
    return row


def shared_numbers(delivery: Delivery, table: str) -> None:
    for place, row in enumerate(delivery.rows[table]):
        if place % 10 == 0:
            row["bill_id"] = f"B{place % 3}"


def all_corrected(delivery: Delivery, table: str) -> None:
    again = {"amount_cny": "9.00", "known_date": "2024-04-04"}
    delivery.rows[table] += [{**row, **again} for row in delivery.rows[table]]


def too_late(delivery: Delivery, table: str) -> None:
    for _ in range(3):
        delivery.fresh(table)["known_date"] = "2024-04-20"


def mostly_late(delivery: Delivery, table: str) -> None:
    for place, row in enumerate(delivery.rows[table]):
        if place % 10 < 7:
            row["known_date"] = "2024-04-20"


def fewer(delivery: Delivery, table: str) -> None:
    delivery.rows[table] = delivery.rows[table][:100]


def threefold(delivery: Delivery, table: str) -> None:
    rows = delivery.rows[table]
    delivery.rows[table] = [
        {**row, "cdr_id": f"{row['cdr_id']}-{copy}"}
        for copy in range(3)
        for row in rows
    ]


def file_twice(delivery: Delivery, table: str) -> None:
    delivery.put(table, ".csv", delivery.csv(table))
    delivery.put(table, ".copy.csv", delivery.csv(table))
    delivery.counts[table] = 2 * len(delivery.rows[table])


def many_unreadable(delivery: Delivery, table: str) -> None:
    for row in delivery.rows[table][:110]:
        row["amount_cny"] = "?"


ROWS: tuple[Kind, ...] = (
    kind(
        "doubles",
        "rows delivered twice",
        "重复记录",
        "seven bills twice",
        Merged(7),
        twice,
    ),
    kind(
        "corrected_row",
        "a row and its correction",
        "记录及其更正",
        "the same bill again, known a day later, with 77.00",
        Merged(1, "amount_cny", "77.0000"),
        corrected,
    ),
    kind(
        "disagreeing_doubles",
        "two lines of one item on one bill",
        "同一账单同一科目两行",
        "plan_fee 20.50 and plan_fee 19.00",
        Merged(1, "amount_cny", "39.5000"),
        disagreeing,
    ),
    kind(
        "contradicting_records",
        "two records of one key that contradict each other, known on the same day",
        "同一主键两条同日获知、相互矛盾的记录",
        "a customer in P58 and in P99",
        SetAside("key_conflict", "customer_id", "C0", 2),
        contradicting,
        table="customer",
    ),
    kind(
        "keys_that_are_none",
        "numbers that stand for many rows each",
        "主键并非唯一标识",
        "every tenth bill under one of three numbers",
        Refused("check_raw", "CheckFailed", ("raw_bill.conflict_share is", "allowed")),
        shared_numbers,
    ),
    kind(
        "corrections_of_all",
        "a later row for every key",
        "全部记录被更正",
        "every bill again, known a day later, with 9.00",
        Refused(
            "check_raw", "CheckFailed", ("raw_bill.replaced_share is 0.5", "allowed")
        ),
        all_corrected,
    ),
    kind(
        "file_delivered_twice",
        "the same file under two names",
        "同一文件重复交付",
        "customer_2024-03.csv and customer_2024-03.copy.csv",
        Refused(
            "check_raw",
            "CheckFailed",
            ("raw_customer.double_share is 0.5", "delivered twice"),
        ),
        file_twice,
        table="customer",
    ),
    kind(
        "unknown_customer",
        "a bill of a customer whom no record names",
        "客户主档中不存在的用户",
        "customer_id C9999",
        Passes(),
        cell("customer_id", "C9999"),
    ),
    kind(
        "wrong_month",
        "a row of another month",
        "不属于本月的记录",
        "event_date 2024-02-01",
        SetAside("outside_month", "event_date", "2024-02-01"),
        cell("event_date", "2024-02-01"),
    ),
    kind(
        "whole_file_of_another_month",
        "the file of another month",
        "整份文件属于其他月份",
        "every event_date in February",
        Refused(
            "check_raw",
            "CheckFailed",
            ("raw_bill.outside_month_share is 1", "220 rows"),
        ),
        every_row(lambda row: {**row, "event_date": "2024-02-01"}),
    ),
    kind(
        "too_many_bad_rows",
        "more bad rows than the contract allows",
        "不合格记录比例超限",
        "half of the amounts unreadable",
        Refused(
            "check_raw",
            "CheckFailed",
            ("raw_bill.any_unreadable_share is 0.5", "110 rows"),
        ),
        many_unreadable,
    ),
    kind(
        "half_the_volume",
        "far fewer rows than the month before",
        "记录数骤减",
        "100 calls after 320",
        Refused(
            "check_raw", "CheckFailed", ("raw_cdr.volume_ratio is 0.3125, allowed",)
        ),
        fewer,
        table="cdr",
    ),
    kind(
        "three_times_the_volume",
        "far more rows than the month before",
        "记录数骤增",
        "960 calls after 320",
        Refused("check_raw", "CheckFailed", ("raw_cdr.volume_ratio is 3, allowed",)),
        threefold,
        table="cdr",
    ),
    kind(
        "left_out",
        "rows that the extract's own WHERE leaves out",
        "抽取语句的 WHERE 剔除大量记录",
        "seven in ten bills known on 2024-04-20",
        Refused(
            "extract",
            "BadInput",
            ("raw_bill 2024-03", "leaves out 70%", "disposals: {left_out"),
        ),
        mostly_late,
    ),
    kind(
        "late_rows",
        "rows known after the month was read",
        "迟到记录",
        "known_date 2024-04-20",
        Late(3),
        too_late,
    ),
)
