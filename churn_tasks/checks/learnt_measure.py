"""A measure whose bounds were learnt from accepted months, and says so."""

from typing import NamedTuple

from churn_tasks.checks.bounds import Learnt
from churn_tasks.checks.measures import Measure


class MeasuredValue(NamedTuple):
    """A measure and what it came to in the month."""

    measure: Measure
    value: float


def learnt_measure(
    column: str,
    name: str,
    text: tuple[str, str],
    learnt: Learnt,
    *,
    upwards: bool = False,
) -> Measure:
    """The measure of a column, or of the table where ``column`` is empty.

    Args:
        text: what is measured, in Chinese and in English.
        upwards: only more of it is a fault.
    """
    zh = f"{text[0]}；学自 {learnt.months} 个合格月份，中位值 {learnt.middle:.6g}。"
    en = f"{text[1]}; learnt from {learnt.months} accepted months, middle {learnt.middle:.6g}."
    return Measure(
        name=f"{column}.{name}" if column else name,
        sql="",
        meaning=en if column else en[0].upper() + en[1:],
        lowest=None if upwards else learnt.allowed.low,
        highest=learnt.allowed.high,
        zh=zh,
        usual_lowest=None if upwards else learnt.usual.low,
        usual_highest=learnt.usual.high,
        learnt_months=learnt.months,
        column=column,
    )
