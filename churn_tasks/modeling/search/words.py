"""What a formula is called, measured in and said to mean: composed of the words of its parts."""

import re
from collections.abc import Container, Mapping

from churn_tasks.core.closed import Text
from churn_tasks.modeling.search.formula import SHARE, Formula

LONGEST = 60  # letters of a name
LONGEST_PART = 24  # of either feature that a shortened name begins and ends with
SIGNS = {
    "+": Text(en="plus", zh="加"),
    "-": Text(en="less", zh="减"),
    "*": Text(en="times", zh="乘以"),
    "/": Text(en="over", zh="除以"),
}
UNIT_WORDS = {
    "CNY": "cny", "GBP": "gbp", "INR": "inr", "min": "min", "MB": "mb", "count": "count", "days": "days",
    "months": "months", "years": "years", "h": "hours", "share": "share", SHARE: "ratio",
}  # fmt: skip
LAST_WORDS = (
    r"_(cny|gbp|inr|min|mb|count|days|months|years|hours|share|pct|ratio|score|sum)$"
)


def unit(formula: Formula, units: Mapping[str, str]) -> str:
    """What the formula is measured in: ``CNY``, ``ratio``, ``CNY/min``, ``CNY x min``."""
    if formula.feature:
        return units[formula.feature]
    left, right = (unit(part, units) for part in formula.parts)
    if formula.sign in "+-" or right == SHARE:
        return left
    if formula.sign == "/":
        return SHARE if left == right else f"{left}/{right}"
    return right if left == SHARE else f"{left} x {right}"


def stated(measured: str) -> str:
    """The unit as the dictionary states it: of a rate or product that it is one, and of what."""
    if measured in UNIT_WORDS:
        return measured
    return f"{_last_word(measured)} {measured}"


def _last_word(measured: str) -> str:
    """The last word of a name that is measured so: ``ratio`` for rates, ``index`` for what has no word."""
    plain = measured.partition(" a ")[0]
    if plain in UNIT_WORDS:
        return UNIT_WORDS[plain]
    return "ratio" if "/" in measured else "index"


def meaning(formula: Formula, meanings: Mapping[str, Text]) -> Text:
    """What the formula says, in the words of its parts."""
    text = _said(formula, meanings)
    if not _divides(formula):
        return text
    return Text(
        en=f"{text.en}; empty where it would divide by 0",
        zh=f"{text.zh}（除数为0则为空）",
    )


def _said(formula: Formula, meanings: Mapping[str, Text]) -> Text:
    if formula.feature:
        text = meanings[formula.feature]
        return Text(en=f"'{text.en}'", zh=f"“{text.zh}”")
    left, right = (_said_in_brackets(part, meanings) for part in formula.parts)
    sign = SIGNS[formula.sign]
    return Text(
        en=f"{left.en} {sign.en} {right.en}", zh=f"{left.zh}{sign.zh}{right.zh}"
    )


def _said_in_brackets(part: Formula, meanings: Mapping[str, Text]) -> Text:
    text = _said(part, meanings)
    if part.feature:
        return text
    return Text(en=f"({text.en})", zh=f"（{text.zh}）")


def _divides(formula: Formula) -> bool:
    return formula.sign == "/" or any(_divides(part) for part in formula.parts)


def name_of(formula: Formula, measured: str, taken: Container[str]) -> str:
    """A name that says what is in it, ends in its unit, and is not taken.

    >>> from churn_tasks.modeling.search.formula import feature, joined
    >>> fall = joined("-", feature("bill_last_cny"), feature("bill_first_cny"))
    >>> name_of(joined("/", fall, feature("recharge_last_cny")), "ratio", ())
    'bill_last_less_bill_first_over_recharge_last_ratio'
    """
    stem, word = _stem(formula), _last_word(measured)
    if len(stem) + len(word) >= LONGEST:
        stem = _short_stem(formula)
    name, number = f"{stem}_{word}", 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}_{word}"
    return name


def _stem(formula: Formula) -> str:
    if formula.feature:
        return _without_unit(formula.feature)
    left, right = (_stem(part) for part in formula.parts)
    return f"{left}_{SIGNS[formula.sign].en}_{right}"


def _short_stem(formula: Formula) -> str:
    leaves = list(formula.leaves())
    first, last = (
        _without_unit(leaf)[:LONGEST_PART].rstrip("_")
        for leaf in (leaves[0], leaves[-1])
    )
    return f"{first}_to_{last}_of_{len(leaves)}"


def _without_unit(name: str) -> str:
    return re.sub(LAST_WORDS, "", name)
