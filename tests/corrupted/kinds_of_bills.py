"""Bills that are taken back, in the month or in another one, and signs that are wrong."""

from tests.corrupted.delivery import Delivery, Row
from tests.corrupted.kinds import Kind, Passes, SetAside, kind


def added(
    delivery: Delivery, table: str, number: str, item: str, factor: int, day: str
) -> Row:
    """A further line for the customer of a bill of 20.50: so many times that amount, on a bill or note of its own."""
    row = delivery.fresh(table)
    row["amount_cny"] = "20.50"
    line = {
        **row,
        "bill_id": number or row["bill_id"],
        "item_code": item,
        "amount_cny": f"{20.50 * factor:.2f}",
        "known_date": day,
    }
    delivery.rows[table].append(line)
    return row


def given_away(delivery: Delivery, table: str) -> Row:
    return added(delivery, table, "D2024-03-1", "discount", -1, "2024-04-03")


def taken_back(delivery: Delivery, table: str) -> Row:
    return added(delivery, table, "R2024-03-1", "plan_fee", -1, "2024-04-04")


def taken_back_under_its_number(delivery: Delivery, table: str) -> None:
    added(delivery, table, "", "plan_fee", -1, "2024-04-04")


def of_another_month(delivery: Delivery, table: str) -> None:
    added(delivery, table, "R2024-02-1", "plan_fee", -10, "2024-04-04")


def wrong_sign(delivery: Delivery, table: str) -> None:
    delivery.fresh(table)["amount_cny"] = "-20.50"


BILLS: tuple[Kind, ...] = (
    kind(
        "month_given_away",
        "a bill with a discount of the same size",
        "全额优惠的账单",
        "plan_fee 20.50 and discount -20.50: billed, nothing earned",
        Passes(),
        given_away,
    ),
    kind(
        "taken_back",
        "a bill and its reversal",
        "账单及其冲销",
        "B2024-03-0001 20.50 and R2024-03-1 -20.50: both stay and come to nothing",
        Passes(),
        taken_back,
    ),
    kind(
        "taken_back_under_its_number",
        "a bill and its reversal under one number",
        "同一编号的账单与冲销",
        "B2024-03-0001 20.50 and -20.50: both leave",
        SetAside("cancelled_on_one_bill", "amount_cny", "", 2),
        taken_back_under_its_number,
    ),
    kind(
        "takes_back_other_month",
        "a reversal of another month's bill, dated on this month",
        "冲销其他账期账单，却记入本月",
        "R2024-02-1 -205.00 where the month charged 20.50",
        SetAside("takes_back_other_month", "amount_cny", "-205.00"),
        of_another_month,
    ),
    kind(
        "wrong_sign",
        "a charge below zero that takes nothing back",
        "收费科目为负且无可冲销",
        "plan_fee -20.50 and nothing else",
        SetAside("sign_wrong", "item_code, amount_cny", "plan_fee, -20.50"),
        wrong_sign,
    ),
)
