"""A formula that was put to the test, as people read it: a name, its words and unit, its figures, whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from churn_tasks.core.closed import Text
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.modeling.auc import CHANCE, auc_of_all, better
from churn_tasks.modeling.search.combinations import base
from churn_tasks.modeling.search.formula import Formula, values
from churn_tasks.modeling.search.hunt import Proposal
from churn_tasks.modeling.search.prepared import Prepared
from churn_tasks.modeling.search.words import meaning, name_of, stated, unit

NO_DIRECTION = 0.02  # an AUC so near to chance says nothing of up or down


@dataclass(frozen=True)
class Finding:
    """A formula and what is said of it.

    Attributes:
        name: what the column is called when it is adopted; unique among the catalogue and this search.
        unit, means: what it is measured in, and the words of its parts in both languages.
        expect: the direction that goes with leaving: up, down, or none where both ends do.
        single_auc: of the column alone in the better direction, on customers kept apart; NULL is lowest.
    """

    name: str
    unit: str
    means: Text
    family: str
    group: str
    expect: str
    single_auc: float
    null_share: float
    proposal: Proposal

    @property
    def formula(self) -> Formula:
        return self.proposal.formula

    @property
    def accepted(self) -> bool:
        return self.proposal.confirmation.accepted

    def figures(self) -> dict[str, Any]:
        """All that is said of it, figures with four digits, for files and tables."""
        judged = self.proposal.confirmation
        return {
            "name": self.name,
            "unit": self.unit,
            "family": self.family,
            "group": self.group,
            "expect": self.expect,
            "inner_gain_share": _rounded(self.proposal.inner_gain_share),
            "confirmed_gain_share": _rounded(judged.gain_share),
            "months_gained": f"{judged.months_gained} of {judged.months}",
            "p_value": _rounded(judged.p_value),
            "single_auc": _rounded(self.single_auc),
            "null_share": _rounded(self.null_share),
            "accepted": judged.accepted,
            "why_not": judged.why_not,
            "formula": str(self.formula),
            "en": self.means.en,
            "zh": self.means.zh,
        }


def _rounded(figure: float) -> float:
    return round(float(f"{figure:.4g}"), 12)


def findings(
    proposals: Sequence[Proposal],
    prepared: Prepared,
    catalogue: Mapping[str, FeatureColumn],
) -> list[Finding]:
    """Every formula that was put to the test, in the order of the tests: of them only the last can have failed."""
    taken = set(catalogue)
    described = []
    for proposal in proposals:
        finding = _described(proposal, prepared, catalogue, taken)
        taken.add(finding.name)
        described.append(finding)
    return described


def _described(
    proposal: Proposal,
    prepared: Prepared,
    catalogue: Mapping[str, FeatureColumn],
    taken: set[str],
) -> Finding:
    formula, apart = proposal.formula, prepared.apart
    leaves = [catalogue[name] for name in formula.leaves()]
    measured = unit(formula, {leaf.name: base(leaf.unit) for leaf in leaves})
    words = {leaf.name: Text(en=leaf.en, zh=leaf.zh) for leaf in leaves}
    column = values(formula, prepared.of(formula.leaves(), apart))
    auc = auc_of_all(column, prepared.rows.churned[apart])
    return Finding(
        name=name_of(formula, measured, taken),
        unit=stated(measured),
        means=meaning(formula, words),
        family=_commonest([leaf.family for leaf in leaves]),
        group=_commonest([leaf.group for leaf in leaves]),
        expect=_direction(auc),
        single_auc=better(auc),
        null_share=float(np.isnan(column).mean()),
        proposal=proposal,
    )


def _direction(auc: float) -> str:
    if abs(auc - CHANCE) < NO_DIRECTION:
        return "none"
    return "up" if auc > CHANCE else "down"


def _commonest(given: Sequence[str]) -> str:
    """The most frequent; among equally frequent ones the first."""
    return max(dict.fromkeys(given), key=given.count)
