"""Formulas over features: what they are worth for each row, and how people and SQL write them.

A feature is a formula; two formulas joined by one of ``+ - * /`` are one. A division by 0 is NULL, as in our SQL, and
what is made of NULL is NULL.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

import numpy as np

from churn_tasks.core.closed import Text

PLACES = 9  # decimals that a divisor is rounded to: amounts that are equal differ by nothing, not by 1e-15
SHARE = "ratio"
SIGNS = {
    "+": Text(en="plus", zh="加"),
    "-": Text(en="less", zh="减"),
    "*": Text(en="times", zh="乘以"),
    "/": Text(en="over", zh="除以"),
}


@dataclass(frozen=True)
class Formula:
    """A feature (``sign`` empty), or ``left sign right``."""

    sign: str = ""
    feature: str = ""
    left: Optional["Formula"] = None
    right: Optional["Formula"] = None

    @property
    def parts(self) -> tuple["Formula", ...]:
        return (self.left, self.right) if self.left and self.right else ()

    def leaves(self) -> Iterator[str]:
        """The features in it from left to right, repeated as often as they stand there."""
        if self.feature:
            yield self.feature
        for part in self.parts:
            yield from part.leaves()

    @property
    def size(self) -> int:
        """Number of features in it."""
        return sum(1 for _ in self.leaves())

    def __str__(self) -> str:
        """As people write it: ``(bill_last_cny - bill_first_cny) / recharge_last_cny``."""
        return written(self, lambda name: name)


def feature(name: str) -> Formula:
    return Formula(feature=name)


def joined(sign: str, left: Formula, right: Formula) -> Formula:
    """``left sign right``; of a sum or product the parts stand in order, so that equal formulas are equal."""
    if sign in "+*" and str(right) < str(left):
        left, right = right, left
    return Formula(sign, "", left, right)


def written(formula: Formula, name: Callable[[str], str]) -> str:
    """The formula in signs, each feature as ``name`` gives it, with the brackets it needs and no more."""
    if formula.feature:
        return name(formula.feature)
    left, right = (written(part, name) for part in formula.parts)
    first, second = formula.parts
    if formula.sign in "*/" and first.sign in ("+", "-"):
        left = f"({left})"
    if second.sign and (
        formula.sign in "*/" or (formula.sign == "-" and second.sign in "+-")
    ):
        right = f"({right})"
    return f"{left} {formula.sign} {right}"


def values(formula: Formula, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """The value of each row in float64; NaN where a part is unknown or a divisor is 0."""
    if formula.feature:
        return columns[formula.feature]
    left, right = (values(part, columns) for part in formula.parts)
    if formula.sign == "+":
        return left + right
    if formula.sign == "-":
        return left - right
    if formula.sign == "*":
        return left * right
    divisor = np.round(right, PLACES) if formula.parts[1].sign else right
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(divisor == 0, np.nan, left / divisor)


def sql(formula: Formula, column: Callable[[str], str]) -> str:
    """The formula in SQL; ``column`` gives what stands for a feature, which must be of type DOUBLE."""
    if formula.feature:
        return column(formula.feature)
    left, right = (sql(part, column) for part in formula.parts)
    first, second = formula.parts
    if first.sign and not (first.sign in "+-" and formula.sign in "+-"):
        left = f"({left})"
    if formula.sign == "/":
        return f"{left} / nullif({f'round({right}, {PLACES})' if second.sign else right}, 0)"
    return f"{left} {formula.sign} {f'({right})' if second.sign else right}"


def unit(formula: Formula, units: Mapping[str, str]) -> str:
    """What the formula is measured in: ``CNY``, ``ratio``, ``CNY/min``, ``CNY x min``."""
    if formula.feature:
        return units[formula.feature]
    left, right = (unit(part, units) for part in formula.parts)
    if formula.sign in "+-":
        return left
    if formula.sign == "/":
        return SHARE if left == right else left if right == SHARE else f"{left}/{right}"
    return left if right == SHARE else right if left == SHARE else f"{left} x {right}"


def meaning(formula: Formula, meanings: Mapping[str, Text]) -> Text:
    """What the formula says, in the words of its parts."""
    text = _words(formula, meanings)
    if "/" not in _signs(formula):
        return text
    return Text(
        en=f"{text.en}; empty where it would divide by 0",
        zh=f"{text.zh}（除数为0则为空）",
    )


def _words(formula: Formula, meanings: Mapping[str, Text]) -> Text:
    if formula.feature:
        found = meanings[formula.feature]
        return Text(en=f"'{found.en}'", zh=f"“{found.zh}”")
    left, right = (_words(part, meanings) for part in formula.parts)
    first, second = (bool(part.sign) for part in formula.parts)
    word = SIGNS[formula.sign]
    return Text(
        en=f"{_bracketed(left.en, first, '()')} {word.en} {_bracketed(right.en, second, '()')}",
        zh=f"{_bracketed(left.zh, first, '（）')}{word.zh}{_bracketed(right.zh, second, '（）')}",
    )


def _bracketed(text: str, needed: bool, brackets: str) -> str:
    return f"{brackets[0]}{text}{brackets[1]}" if needed else text


def _signs(formula: Formula) -> set[str]:
    return {formula.sign}.union(*(_signs(part) for part in formula.parts))
