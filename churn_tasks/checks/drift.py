"""Schema drift of what an extract gives: against the contract, and against the last delivery that was accepted.

==============  ==============================================  ====================================================
drift           a note                                          harm: the source stops
==============  ==============================================  ====================================================
new column      always; it is left out
missing column  optional: NULL, and what that costs             required
renamed column  as the missing one, and "looks renamed ..."     likewise
retyped column  every value can be read as the contract's type  it cannot, or what the old type held is lost
==============  ==============================================  ====================================================

The tables and files below the extract are looked at in :mod:`.relation_drift`.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from churn_tasks.checks.delivered_types import FITS, HOLDS, LOSSES, type_word
from churn_tasks.declared.contracts import RawColumn, RawTable

if TYPE_CHECKING:
    import pyarrow as pa

Columns = Mapping[str, str]  # name -> type, in the words of whoever delivers it
COLUMNS = (
    "table_name",
    "relation",
    "column_name",
    "kind",
    "renamed_to",
    "note",
)  # of the lake's table drift
ALIKE = 0.7  # share of letters in common, from which two names count as alike


@dataclass(frozen=True)
class Delivered:
    """The schemas of one table's delivery.

    Attributes:
        columns: of the extract's result, as the SELECT names them (``phone_number``, not its token).
        relations: of every table or file that the SELECT reads.
        extract: digest of the extract's text, so that a mended one is known from one that nobody has looked at.
    """

    columns: Columns
    relations: Mapping[str, Columns] = field(default_factory=dict)
    extract: str = ""

    @classmethod
    def of(
        cls, schema: "pa.Schema", relations: Mapping[str, Columns], extract: str = ""
    ) -> "Delivered":
        digest = hashlib.sha256(extract.encode()).hexdigest() if extract else ""
        return cls({one.name: str(one.type) for one in schema}, relations, digest)

    def is_other_extract(self, text: str) -> bool:
        """Whether an extract's text is known to differ from the one that delivered this."""
        return (
            bool(self.extract)
            and self.extract != hashlib.sha256(text.encode()).hexdigest()
        )

    @classmethod
    def from_json(cls, text: str) -> "Delivered":
        return cls(**json.loads(text))

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class Finding:
    """One drift. ``relation`` is empty for the extract's own result; ``renamed_to`` unless it looks renamed."""

    kind: Literal["new", "missing", "renamed", "retyped"]
    table: str
    column: str
    harmful: bool
    note: str
    relation: str = ""
    renamed_to: str = ""

    @property
    def text(self) -> str:
        return f"column {self.column} {self.note}"


def no_overlap(_gone: str, _new: str) -> float:
    """Where values cannot be looked at, names alone decide."""
    return 0.0


def result_drift(
    table: RawTable,
    now: Columns,
    before: Columns | None,
    costs: Callable[[str], str] = lambda column: "",
    overlap: Callable[[str, str], float] = no_overlap,
) -> list[Finding]:
    """Drift of the extract's result.

    Args:
        before: the columns of the last accepted delivery; None for the first.
        costs: what is lost without an optional column, in words.
        overlap: share of the earlier values of one column that the other one holds now.
    """
    ours = {
        name: column
        for column in table.delivered_columns
        for name in column.delivered_names
    }
    gone = [
        c
        for c in table.delivered_columns
        if not c.delivered_names & now.keys() and _was_there(c, before)
    ]
    fresh = [
        name
        for name in now
        if name not in ours and (before is None or name not in before)
    ]
    findings = [_missing(table, column, costs) for column in gone]
    findings += [new_column(table, name, now[name]) for name in fresh]
    findings = paired(
        findings,
        {c.name: c.type for c in gone},
        {name: type_word(now[name]) for name in fresh},
        overlap,
    )
    kept = [
        name
        for name in now
        if name in ours and not (name.endswith("_number") and _is_plain(now[name]))
    ]
    findings += [
        f
        for name in kept
        for f in _retyped(table, ours[name], now[name], (before or {}).get(name))
    ]
    return findings


def are_unpaired(findings: Iterable[Finding]) -> bool:
    """Whether a column is missing and another one new, so that their values are worth comparing."""
    return {"missing", "new"} <= {finding.kind for finding in findings}


def refusal(findings: Iterable[Finding]) -> str:
    """What stops the source, every harmful column by name; empty when all findings are notes."""
    found = [finding for finding in findings if finding.harmful]
    if not found:
        return ""
    return (
        "the source changed in a way that would do harm: "
        + "; ".join(finding.text for finding in found)
        + f". Mend extract/{found[0].table}.sql or ask the source's owner; the month stops here"
    )


def _is_plain(kind: str) -> bool:
    """A number to be tokenised may come as text or as any number: the tokeniser reads them alike."""
    return type_word(kind) in ("text", "integer", "decimal", "double")


def _was_there(column: RawColumn, before: Columns | None) -> bool:
    """What the last accepted delivery lacked too is no drift, unless nothing can be made without it."""
    return (
        column.required
        or before is None
        or bool(column.delivered_names & before.keys())
    )


def _missing(
    table: RawTable, column: RawColumn, costs: Callable[[str], str]
) -> Finding:
    if column.required:
        return Finding(
            "missing", table.table, column.name, True, "required and not delivered"
        )
    lost = costs(column.name)
    return Finding(
        "missing",
        table.table,
        column.name,
        False,
        f"optional and not delivered: NULL{f'; costs {lost}' if lost else ''}",
    )


def new_column(table: RawTable, name: str, kind: str, relation: str = "") -> Finding:
    where = f"new in {relation}" if relation else "new in the delivery"
    return Finding(
        "new", table.table, name, False, f"{where} ({kind}); it is left out", relation
    )


def _retyped(
    table: RawTable, column: RawColumn, now: str, before: str | None
) -> list[Finding]:
    """Both the contract's type and the type of last time must be held by what arrives."""
    arrives, earlier = type_word(now), type_word(before) if before else None
    fits = arrives == "null" or arrives in FITS[column.type]
    was = f" instead of {before}" if before and earlier != arrives else ""
    if not fits:
        note = (
            f"arrives as {now}{was}, which cannot be read as {column.type} without loss"
        )
        return [Finding("retyped", table.table, column.name, True, note)]
    if arrives in ("null", earlier) or earlier in (None, "null"):
        return []
    if (earlier, arrives) in LOSSES.get(column.type, ()):
        return [
            Finding(
                "retyped",
                table.table,
                column.name,
                True,
                f"arrives as {now}{was}: what it held is lost",
            )
        ]
    safe = arrives in HOLDS.get(earlier or "", ()) and arrives != "text"
    how = (
        "nothing is lost"
        if safe
        else f"each value is read as {column.type}, and what cannot be read is set aside"
    )
    return [
        Finding(
            "retyped", table.table, column.name, False, f"arrives as {now}{was}; {how}"
        )
    ]


def paired(
    findings: list[Finding],
    gone: Columns,
    fresh: Columns,
    overlap: Callable[[str, str], float] = no_overlap,
) -> list[Finding]:
    """Missing and new columns of one type that belong together become one finding, harmful as the missing one."""
    pairs: dict[str, str] = {}
    scored = [
        (max(_likeness(old, new), overlap(old, new)), old, new)
        for old, old_type in gone.items()
        for new, new_type in fresh.items()
        if new_type in (old_type, "text") or new_type in FITS.get(old_type, ())
    ]
    for score, old, new in sorted(scored, key=lambda one: (-one[0], one[1], one[2])):
        if score >= ALIKE and old not in pairs and new not in pairs.values():
            pairs[old] = new
    return [
        replace(
            f,
            kind="renamed",
            renamed_to=pairs[f.column],
            note=f"{f.note}; looks renamed from {f.column} to {pairs[f.column]}",
        )
        if f.kind == "missing" and f.column in pairs
        else f
        for f in findings
        if not (f.kind == "new" and f.column in pairs.values())
    ]


def _likeness(old: str, new: str) -> float:
    """1 for names that differ in case and separators alone, or where one holds all words of the other."""
    one, other = (
        [word for word in re.split(r"[^a-z0-9一-鿿]+", name.lower()) if word]
        for name in (old, new)
    )
    if "".join(one) == "".join(other) or (
        one and other and (set(one) <= set(other) or set(other) <= set(one))
    ):
        return 1.0
    return SequenceMatcher(None, "".join(one), "".join(other)).ratio()


def rows_of(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """The findings as rows of the lake's table ``drift``; equal ones, as of two parts, stand once."""
    rows = [dict(zip(COLUMNS, _row(finding), strict=True)) for finding in findings]
    return [row for position, row in enumerate(rows) if row not in rows[:position]]


def _row(finding: Finding) -> tuple[str, ...]:
    return (
        finding.table,
        finding.relation,
        finding.column,
        finding.kind,
        finding.renamed_to,
        finding.note,
    )
