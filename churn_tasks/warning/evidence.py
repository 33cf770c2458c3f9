"""Whether a customer's own figure bears a reason out, and how it is said.

A model may raise a score on a value that nobody could say aloud: "has complained (0 complaints)". Such a value
counts for the score and not as a reason.
"""

import math
import re

from churn_tasks.core.closed import Text
from churn_tasks.core.currency import currencies, currency
from churn_tasks.core.numbers import written
from churn_tasks.declared.contracts import FeatureColumn

FLAG = "0/1"
# a figure over the customer's own earlier months; 1 is no change
PAST = "_to_past_ratio"
CHANGES = ("_slope_", "_change_")
UNITS_ZH = {
    "min": "分钟", "days": "天", "months": "个月", "years": "岁", "h": "小时", "min a month": "分钟/月",
    "MB a month": "MB/月", "count a month": "/月",
}  # fmt: skip
# what we call it, and what a caller says
PLAINLY = (
    ("over the window", "in {months} months", "观察期内", "近{months}个月"),
    ("of the window", "of {months} months", "观察期", "近{months}个月"),
    ("in the window", "in {months} months", "观察截止", "月底"),
    ("within the window", "within {months} months", "观察首月", "最早一个月"),
    ("to as_of", "to the month's end", "截止时", "月底"),
)
WITHOUT_UNIT = ("", "count", "ratio", "1-5", "0-10", "G", "code")


def bears_out(feature: FeatureColumn, value: float | None) -> bool:
    """Whether the value lies on the side of the feature that is expected to go with leaving.

    Missing bears out nothing. Expected *up*: something of it must be there (above 0). Expected *down*: a ratio to the
    customer's own past must be below 1, a change or slope below 0, a yes-or-no below 1; other levels are accepted as
    they are, for low and high depend on the customer.
    """
    if value is None or math.isnan(value):
        return False
    if feature.expect == "up":
        return value > 0
    limit = _lowest_not_low(feature)
    return limit is None or value < limit


def _lowest_not_low(feature: FeatureColumn) -> int | None:
    """Where a value that should be low for leaving begins not to be; None for levels, and where nothing is expected."""
    if feature.expect == "none":
        return None
    if feature.name.endswith(PAST) or feature.unit == FLAG:
        return 1
    if any(word in feature.name for word in CHANGES):
        return 0
    return None


def fact(feature: FeatureColumn, value: float, months: int) -> Text | None:
    """The figure with its meaning, without the meaning's side remarks; None for yes-or-no features.

    Args:
        months: of the observe window, which a caller does not know by that name.
    """
    if feature.unit == FLAG:
        return None
    en, _, _ = feature.en.partition(", ")
    zh, _, _ = feature.zh.partition("（")
    for word_en, plain_en, word_zh, plain_zh in PLAINLY:
        en = en.replace(word_en, plain_en.format(months=months))
        zh = zh.replace(word_zh, plain_zh.format(months=months))
    return Text(
        en=f"{en[0].lower()}{en[1:]}: {_said(feature, value, feature.unit)}",
        zh=f"{zh}：{_said(feature, value, unit_zh(feature.unit))}",
    )


def unit_zh(unit: str) -> str:
    """The unit in Chinese; one of money by the name of its currency.

    >>> unit_zh("min a month"), unit_zh("RUB a month"), unit_zh("CNY/min"), unit_zh("MB")
    ('分钟/月', '卢布/月', '元/分钟', 'MB')
    """
    if unit in UNITS_ZH:
        return UNITS_ZH[unit]
    code = re.match("[A-Z]{3}", unit)
    if not code or code[0] not in currencies():
        return unit
    rest = unit[3:].replace(" a month", "/月").replace("/min", "/分钟")
    return f"{currency(code[0]).zh}{rest}"


def _said(feature: FeatureColumn, value: float, unit: str) -> str:
    if feature.unit == "share" or feature.name.endswith(PAST):
        return f"{number(value * 100)}%"
    if feature.unit in WITHOUT_UNIT:
        return number(value)
    return f"{number(value)} {unit}"


def number(value: float) -> str:
    """Two places behind the point below 10, one below 100, none above, without a tail of zeros.

    >>> number(3.0), number(0.126), number(12.34), number(1234.56), number(-0.001)
    ('3', '0.13', '12.3', '1235', '0')
    """
    if abs(value) >= 100:
        return written(value, "0")
    if abs(value) >= 10:
        return written(value, "0.#")
    return written(value, "0.##")
