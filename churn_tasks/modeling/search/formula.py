"""Formulas over features: what they are worth for each row, and how people and SQL write them.

A feature is a formula; two formulas joined by one of ``+ - * /`` are one. A division by 0 is NULL, as in our SQL, and
what is made of NULL is NULL.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

import numpy as np

PLACES = 9  # decimals that a divisor is rounded to: amounts that are equal differ by nothing, not by 1e-15
SHARE = "ratio"


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
        return written(self, str, {sign: f" {sign} " for sign in "+-*/"})


def written(
    formula: Formula,
    word: Callable[[str], str],
    signs: Mapping[str, str],
    brackets: str = "()",
) -> str:
    """The formula in other words.

    Args:
        word: what stands for a feature.
        signs: what stands for each sign.
        brackets: the opening and the closing one, for parts that need them; empty for none.
    """
    if formula.feature:
        return word(formula.feature)
    left, right = (written(part, word, signs, brackets) for part in formula.parts)
    first, second = formula.parts
    is_product = formula.sign in "*/"
    opening, closing = brackets[:1], brackets[1:]
    if is_product and first.sign in ("+", "-"):
        left = f"{opening}{left}{closing}"
    if second.sign and (is_product or (formula.sign == "-" and second.sign in "+-")):
        right = f"{opening}{right}{closing}"
    return f"{left}{signs[formula.sign]}{right}"


def feature(name: str) -> Formula:
    return Formula(feature=name)


def joined(sign: str, left: Formula, right: Formula) -> Formula:
    """``left sign right``; of a sum or product the parts stand in order, so that equal formulas are equal."""
    if sign in "+*" and str(right) < str(left):
        left, right = right, left
    return Formula(sign, "", left, right)


def replaced(formula: Formula, name: str, other: str) -> Formula:
    """The formula with another feature in the place of one."""
    if formula.feature:
        return feature(other) if formula.feature == name else formula
    left, right = (replaced(part, name, other) for part in formula.parts)
    return joined(formula.sign, left, right)


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
    left, right = formula.parts
    first, second = _in_brackets(left, column), _in_brackets(right, column)
    if formula.sign != "/":
        return f"{first} {formula.sign} {second}"
    if right.sign:
        second = f"round({sql(right, column)}, {PLACES})"
    return f"{first} / nullif({second}, 0)"


def _in_brackets(part: Formula, column: Callable[[str], str]) -> str:
    return f"({sql(part, column)})" if part.sign else sql(part, column)
