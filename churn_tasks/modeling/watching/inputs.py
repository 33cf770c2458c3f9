"""The inputs and the scores of a month held against what the model learnt from, before anybody is scored."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.core.watch_section import ModelWatch
from churn_tasks.modeling.watching.finding import (
    FEW,
    Finding,
    Status,
    above,
    named_shortly,
)
from churn_tasks.modeling.watching.learnt import (
    SCORE,
    Learnt,
    LearntColumn,
    moved,
    plain_values,
)

if TYPE_CHECKING:
    import pandas as pd

INPUTS = "inputs"
NEW, RESPELLED = "new_value_share", "respelled_share"


def input_findings(
    learnt: Learnt, frame: "pd.DataFrame", bounds: ModelWatch
) -> list[Finding]:
    """Of each input of the model how far it moved, texts that it never met, and how many inputs moved at once.

    A column alone is worth a notice: seasons and campaigns move single ones. An alarm is a large part of them.

    Args:
        learnt: as it was kept with the model; columns that are not in it are passed over.
        frame: the features of the month, numbers with NaN and texts with ``unknown`` where there is no value.
    """
    findings: list[Finding] = []
    watched = [name for name in frame.columns if name in learnt]
    for name in watched:
        values = plain_values(frame[name])
        findings.append(_moved_column(name, learnt[name], values, bounds))
        findings.extend(_new_texts(name, learnt[name], values, bounds))
    if watched:
        findings.append(_moved_together(findings, len(watched), bounds))
    return findings


def score_finding(
    learnt: Learnt, scores: np.ndarray, bounds: ModelWatch
) -> list[Finding]:
    """How far the scores of everybody moved; nothing of a model that was saved without what it learnt from."""
    if SCORE not in learnt:
        return []
    column = learnt[SCORE]
    value = moved(column.counts, column.bins.counts(scores))
    status = above(value, bounds.score_psi, "alarm")
    return [Finding(SCORE, "psi", value, bounds.score_psi, status)]


def _moved_column(
    name: str, learnt: LearntColumn, values: np.ndarray, bounds: ModelWatch
) -> Finding:
    """The bound is raised by what the training months themselves lie apart."""
    now = learnt.bins.counts(values)
    value, bound = moved(learnt.counts, now), bounds.input_psi + learnt.usual
    status = above(value, bound, "notice")
    note = ""
    if status != "ok":
        before, without = _last_share(learnt.counts), _last_share(now)
        note = f"without a value: {without:.1%}, {before:.1%} when it was learnt from"
    return Finding(name, "psi", value, bound, status, note)


def _last_share(counts: np.ndarray) -> float:
    return float(counts[-1] / max(counts.sum(), 1))


def _moved_together(
    findings: Sequence[Finding], inputs: int, bounds: ModelWatch
) -> Finding:
    far = [f for f in findings if f.measure == "psi" and f.status != "ok"]
    far.sort(key=lambda finding: -finding.value)
    value = len(far) / inputs
    status = above(value, bounds.moved_share, "alarm")
    names = named_shortly(finding.subject for finding in far)
    return Finding(INPUTS, "moved_share", value, bounds.moved_share, status, names)


def _new_texts(
    name: str, learnt: LearntColumn, values: np.ndarray, bounds: ModelWatch
) -> Iterator[Finding]:
    """Texts that the model never met, apart from those that it met written otherwise."""
    known = learnt.values
    if known is None:
        return
    counts = Counter(str(value) for value in values if value is not None)
    written = {spelling(text): text for text in known}
    new: dict[str, int] = {}
    respelled: dict[str, int] = {}
    for text in sorted(counts.keys() - set(known)):
        before = written.get(spelling(text))
        if before is None:
            new[text] = counts[text]
        else:
            respelled[f"{text}, learnt as {before}"] = counts[text]
    rows = len(values)
    if respelled:
        yield _met_first(name, RESPELLED, respelled, rows, bounds.respelled_share)
    if new:
        yield _met_first(name, NEW, new, rows, bounds.new_value_share)


def _met_first(
    name: str, measure: str, texts: Mapping[str, int], rows: int, bound: float
) -> Finding:
    """Texts that are met for the first time; one that few customers have is not named."""
    customers = sum(texts.values())
    value = customers / rows
    status: Status = "notice"
    if customers >= FEW and value > bound:
        status = "alarm"
    named = []
    for text in sorted(texts, key=lambda text: -texts[text]):
        if texts[text] >= FEW:
            named.append(f"{text}: {texts[text]}")
    return Finding(name, measure, value, bound, status, named_shortly(named))


def spelling(text: str) -> str:
    """What stays of a text when it is written in another case, width or number format.

    >>> spelling(" GOLD"), spelling("３"), spelling("03"), spelling("3.0")
    ('gold', '3', '3', '3')
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    try:
        number = float(plain)
    except ValueError:
        return plain
    return f"{number:.12g}"
