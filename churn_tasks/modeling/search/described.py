"""A formula that was put to the test, as people and files read it: a name, a unit, words and figures."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from churn_tasks.core.currency import money_words
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.modeling.auc import CHANCE, auc_of_all, better
from churn_tasks.modeling.search.combinations import base
from churn_tasks.modeling.search.formula import SHARE, Formula, values, written
from churn_tasks.modeling.search.hunt import Proposal
from churn_tasks.modeling.search.prepared import Prepared

NO_DIRECTION = 0.02  # an AUC so near to chance says nothing of up or down
LONGEST, LONGEST_PART = (
    60,
    24,
)  # letters of a name, and of either feature that a short one names
IN_NAMES = {"+": "_plus_", "-": "_less_", "*": "_times_", "/": "_over_"}
IN_ENGLISH = {"+": " plus ", "-": " less ", "*": " times ", "/": " over "}
IN_CHINESE = {"+": "加", "-": "减", "*": "乘以", "/": "除以"}
UNIT_WORDS = money_words() | {
    "min": "min", "MB": "mb", "count": "count", "days": "days",
    "months": "months", "years": "years", "h": "hours", "share": "share", SHARE: "ratio",
}  # fmt: skip
_OTHERS = "min|mb|count|days|months|years|hours|share|pct|ratio|score|sum"
LAST_WORDS = rf"_({'|'.join(money_words().values())}|{_OTHERS})$"


def described(
    proposals: Sequence[Proposal],
    prepared: Prepared,
    catalogue: Mapping[str, FeatureColumn],
) -> list[dict[str, Any]]:
    """All that is said of each, in the order of the tests: of them only the last can have failed.

    ``name`` is what the column is called when it is adopted, ``expect`` the direction that goes with leaving (up, down,
    or none where both ends do), ``single_auc`` that of the column alone in the better direction, NULL being lowest.
    """
    taken = set(catalogue)
    records = []
    for proposal in proposals:
        record = _record(proposal, prepared, catalogue, taken)
        taken.add(record["name"])
        records.append(record)
    return records


def _record(
    proposal: Proposal,
    prepared: Prepared,
    catalogue: Mapping[str, FeatureColumn],
    taken: Container[str],
) -> dict[str, Any]:
    formula, judged = proposal.formula, proposal.confirmation
    leaves = [catalogue[name] for name in formula.leaves()]
    measured = unit(formula, {leaf.name: base(leaf.unit) for leaf in leaves})
    column = values(formula, prepared.of(formula.leaves(), prepared.apart))
    auc = auc_of_all(column, prepared.rows.churned[prepared.apart])
    return {
        "name": name_of(formula, measured, taken),
        "unit": _stated(measured),
        "family": _commonest(leaf.family for leaf in leaves),
        "group": _commonest(leaf.group for leaf in leaves),
        "expect": _direction(auc),
        "inner_gain_share": _rounded(proposal.inner_gain_share),
        "confirmed_gain_share": _rounded(judged.gain_share),
        "months_gained": f"{judged.months_gained} of {judged.months}",
        "p_value": _rounded(judged.p_value),
        "single_auc": _rounded(better(auc)),
        "null_share": _rounded(float(np.isnan(column).mean())),
        "accepted": judged.accepted,
        "why_not": judged.why_not,
        "formula": str(formula),
        "en": in_english(formula, {leaf.name: leaf.en for leaf in leaves}),
        "zh": in_chinese(formula, {leaf.name: leaf.zh for leaf in leaves}),
    }


def _direction(auc: float) -> str:
    if abs(auc - CHANCE) < NO_DIRECTION:
        return "none"
    return "up" if auc > CHANCE else "down"


def _commonest(given: Iterable[str]) -> str:
    """The most frequent; among equally frequent ones the first."""
    return Counter(given).most_common(1)[0][0]


def _rounded(figure: float) -> float:
    return round(float(f"{figure:.4g}"), 12)


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


def _stated(measured: str) -> str:
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


def in_english(formula: Formula, meanings: Mapping[str, str]) -> str:
    """What the formula says, in the words of its parts."""
    said = written(formula, lambda name: f"'{meanings[name]}'", IN_ENGLISH)
    return f"{said}; empty where it would divide by 0" if "/" in str(formula) else said


def in_chinese(formula: Formula, meanings: Mapping[str, str]) -> str:
    said = written(formula, lambda name: f"“{meanings[name]}”", IN_CHINESE, "（）")
    return f"{said}（除数为0则为空）" if "/" in str(formula) else said


def name_of(formula: Formula, measured: str, taken: Container[str]) -> str:
    """A name that says what is in it, ends in its unit, and is not taken.

    >>> from churn_tasks.modeling.search.formula import feature, joined
    >>> fall = joined("-", feature("bill_last_cny"), feature("bill_first_cny"))
    >>> name_of(joined("/", fall, feature("recharge_last_cny")), "ratio", ())
    'bill_last_less_bill_first_over_recharge_last_ratio'
    """
    word = _last_word(measured)
    stem = written(formula, _without_unit, IN_NAMES, "")
    if len(stem) + len(word) >= LONGEST:
        stem = _first_and_last(formula)
    name, number = f"{stem}_{word}", 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}_{word}"
    return name


def _first_and_last(formula: Formula) -> str:
    """A short stem, which no longer says how the features are joined."""
    leaves = [_without_unit(name)[:LONGEST_PART] for name in formula.leaves()]
    return f"{leaves[0].rstrip('_')}_to_{leaves[-1].rstrip('_')}_of_{len(leaves)}"


def _without_unit(name: str) -> str:
    return re.sub(LAST_WORDS, "", name)
