"""What a search found, as people read it: a name, the formula, its figures, and whether it holds."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from churn_tasks.core.closed import Text
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.modeling.search.formula import SHARE, Formula, meaning, unit, values
from churn_tasks.modeling.search.grammar import base
from churn_tasks.modeling.search.hunt import Candidate, Hunted
from churn_tasks.modeling.search.prepared import Prepared

LONGEST = 60  # letters of a name
JOINING = {"+": "plus", "-": "less", "*": "times", "/": "over"}
CALLED = {
    "CNY": "cny",
    "GBP": "gbp",
    "INR": "inr",
    "min": "min",
    "MB": "mb",
    "count": "count",
    "days": "days",
}
CALLED |= {
    "months": "months",
    "years": "years",
    "h": "hours",
    "share": "share",
    SHARE: "ratio",
}
UP = 0.5  # AUC of a column that tells nothing


@dataclass(frozen=True)
class Found:
    """A formula that was put to the test.

    Attributes:
        name: what the column is called when it is adopted; unique among the catalogue and this search.
        unit: what it is measured in, and the words of its parts, in both languages.
        inner_gain_share, confirmed_gain_share: share of the present model's log loss that it takes away, on the parts
            held out of the search and on customers that the search never saw.
        single_auc: of the column alone in the better direction, on customers kept apart; NULL is lowest.
        expect: the direction that goes with leaving: up, down, or none where both ends do.
        why_not: what it lacks; empty when it is accepted.
    """

    name: str
    formula: Formula
    unit: str
    means: Text
    family: str
    group: str
    expect: str
    inner_gain_share: float
    parts_gained: str
    confirmed_gain_share: float
    months_gained: str
    p_value: float
    single_auc: float
    null_share: float
    accepted: bool
    why_not: str

    def figures(self) -> dict[str, Any]:
        """All but the formula itself, rounded, for files and tables."""
        given = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("formula", "means")
        }
        rounded = {
            name: round(float(f"{value:.4g}"), 12)
            if isinstance(value, float)
            else value
            for name, value in given.items()
        }
        return {
            **rounded,
            "formula": str(self.formula),
            "en": self.means.en,
            "zh": self.means.zh,
        }


def findings(
    hunted: Hunted, prepared: Prepared, catalogue: Mapping[str, FeatureColumn]
) -> list[Found]:
    """Every formula that was put to the test, accepted ones first, then by gain."""
    taken = set(catalogue)
    found: list[Found] = []
    for candidate in hunted.candidates:
        one = _found(candidate, hunted, prepared, catalogue, taken)
        taken.add(one.name)
        found.append(one)
    return sorted(
        found, key=lambda one: (not one.accepted, -one.confirmed_gain_share, one.name)
    )


def _found(
    candidate: Candidate,
    hunted: Hunted,
    prepared: Prepared,
    catalogue: Mapping[str, FeatureColumn],
    taken: set[str],
) -> Found:
    formula, judged = candidate.formula, candidate.verdict
    leaves = [catalogue[name] for name in formula.leaves()]
    units = {leaf.name: base(leaf.unit) for leaf in leaves}
    apart = prepared.apart
    column = values(formula, prepared.of([leaf.name for leaf in leaves], apart))
    auc = _auc(column, prepared.rows.churned[apart])
    return Found(
        name=name_of(formula, unit(formula, units), taken),
        formula=formula,
        unit=_stated(unit(formula, units)),
        means=meaning(
            formula, {leaf.name: Text(en=leaf.en, zh=leaf.zh) for leaf in leaves}
        ),
        family=_commonest([leaf.family for leaf in leaves]),
        group=_commonest([leaf.group for leaf in leaves]),
        expect="none" if abs(auc - UP) < 0.02 else "up" if auc > UP else "down",
        inner_gain_share=candidate.inner_gain_share,
        parts_gained=f"{candidate.parts_gained} of {candidate.parts}",
        confirmed_gain_share=judged.gain_share,
        months_gained=f"{judged.months_gained} of {judged.months}",
        p_value=judged.p_value,
        single_auc=max(auc, 1.0 - auc),
        null_share=float(np.isnan(column).mean()),
        accepted=hunted.accepted(candidate),
        why_not=judged.why_not(len(hunted.candidates)),
    )


def _auc(column: np.ndarray, churned: np.ndarray) -> float:
    """Probability that a leaver's value is above a stayer's, ties half, NULL lowest; 0.5 without one of the two."""
    from scipy.stats import rankdata

    leavers = int(churned.sum())
    if not 0 < leavers < len(churned):
        return UP
    ranks = rankdata(np.where(np.isnan(column), -np.inf, column))
    return float(
        (ranks[churned].sum() - leavers * (leavers + 1) / 2)
        / (leavers * (len(churned) - leavers))
    )


def _commonest(given: Sequence[str]) -> str:
    """The most frequent; among equally frequent ones the first."""
    return max(dict.fromkeys(given), key=given.count)


def _stated(measured: str) -> str:
    """The unit as the dictionary states it: of a rate or product that it is one, and of what."""
    return measured if measured in CALLED else f"{_word(measured)} {measured}".strip()


def _word(measured: str) -> str:
    """The last word of a name that is measured so: ``ratio`` for rates, ``index`` for what has no word."""
    return CALLED.get(measured.partition(" a ")[0]) or (
        "ratio" if "/" in measured else "index"
    )


def name_of(formula: Formula, measured: str, taken: Iterable[str]) -> str:
    """A name that says what is in it, ends in its unit, and is not taken.

    >>> from churn_tasks.modeling.search.formula import feature, joined
    >>> fall = joined("-", feature("bill_last_cny"), feature("bill_first_cny"))
    >>> name_of(joined("/", fall, feature("recharge_last_cny")), "ratio", ())
    'bill_last_less_bill_first_over_recharge_last_ratio'
    """
    stem, word = _stem(formula), _word(measured)
    if len(stem) + len(word) >= LONGEST:
        leaves = [_bare(name) for name in formula.leaves()]
        stem = f"{leaves[0][:24].rstrip('_')}_to_{leaves[-1][:24].rstrip('_')}_of_{len(leaves)}"
    name, number = f"{stem}_{word}", 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}_{word}"
    return name


def _stem(formula: Formula) -> str:
    if formula.feature:
        return _bare(formula.feature)
    left, right = (_stem(part) for part in formula.parts)
    return f"{left}_{JOINING[formula.sign]}_{right}"


def _bare(name: str) -> str:
    """A feature's name without its unit."""
    return re.sub(
        r"_(cny|gbp|inr|min|mb|count|days|months|years|hours|share|pct|ratio|score|sum)$",
        "",
        name,
    )
