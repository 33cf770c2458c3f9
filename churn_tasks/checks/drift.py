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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from churn_tasks.checks.delivered_types import FITS, HOLDS, LOSSES, Columns, type_word
from churn_tasks.checks.renamed import Overlap, no_overlap, renames
from churn_tasks.declared.contracts import RawColumn, RawTable

if TYPE_CHECKING:
    import pyarrow as pa

NUMBERS = ("text", "integer", "decimal", "double")  # as which a phone number may come
COLUMNS = (  # of the lake's table drift
    "table_name",
    "relation",
    "column_name",
    "kind",
    "renamed_to",
    "note",
)


@dataclass(frozen=True)
class Delivered:
    """The schemas of one table's delivery.

    Attributes:
        columns: of the extract's result, as the SELECT names them (``phone_number``, not its token).
        relations: of every table or file that the SELECT reads.
        extract: digest of the extract's text, so that a mended one is known from one that nobody has looked at.
        empty: columns of the result that hold no value, and never did: their type means nothing.
    """

    columns: Columns
    relations: Mapping[str, Columns] = field(default_factory=dict)
    extract: str = ""
    empty: tuple[str, ...] = ()

    @property
    def known_types(self) -> Columns:
        """The columns of the result; one without a value has the type ``null``."""
        return {n: "null" if n in self.empty else t for n, t in self.columns.items()}

    def remembering(
        self, empty: Iterable[str], before: "Delivered | None"
    ) -> "Delivered":
        """The same with the type that a column had, where it holds no value now.

        Args:
            empty: such columns of the result; those of relations have the type ``NULL``.
        """
        known = before or Delivered({})
        unknown = [n for n in empty if known.known_types.get(n, "null") == "null"]
        columns = dict(self.columns)
        for name in set(empty).difference(unknown):
            columns[name] = known.columns[name]
        relations = {}
        for relation, types in self.relations.items():
            had = known.relations.get(relation, {})
            relations[relation] = {
                name: had.get(name, kind) if type_word(kind) == "null" else kind
                for name, kind in types.items()
            }
        return replace(
            self, columns=columns, relations=relations, empty=tuple(sorted(unknown))
        )

    @classmethod
    def of(
        cls, schema: "pa.Schema", relations: Mapping[str, Columns], extract: str = ""
    ) -> "Delivered":
        columns = {column.name: str(column.type) for column in schema}
        return cls(columns, relations, _digest(extract) if extract else "")

    def is_other_extract(self, text: str) -> bool:
        """Whether an extract's text is known to differ from the one that delivered this."""
        return bool(self.extract) and self.extract != _digest(text)

    @classmethod
    def from_json(cls, text: str) -> "Delivered":
        content = json.loads(text)
        return cls(**{**content, "empty": tuple(content.get("empty", ()))})

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


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

    @property
    def row(self) -> dict[str, str]:
        """The finding as a row of the lake's table ``drift``."""
        values = (
            self.table,
            self.relation,
            self.column,
            self.kind,
            self.renamed_to,
            self.note,
        )
        return dict(zip(COLUMNS, values, strict=True))


def result_drift(
    table: RawTable,
    now: Columns,
    before: Columns | None,
    costs: Callable[[str], str] = lambda column: "",
    overlap: Overlap = no_overlap,
) -> list[Finding]:
    """Drift of the extract's result.

    Args:
        before: the columns of the last accepted delivery; None for the first.
        costs: what is lost without an optional column, in words.
        overlap: share of the earlier values of one column that the other one holds now.
    """
    known = before or {}
    ours = _by_delivered_name(table)
    gone = _gone(table, now, before)
    fresh = [name for name in now if name not in ours and name not in known]
    come_and_gone = [_missing(table, column, costs) for column in gone]
    come_and_gone += [new_column(table, name, now[name]) for name in fresh]
    types_gone = {column.name: column.type for column in gone}
    types_fresh = {name: type_word(now[name]) for name in fresh}
    findings = paired(come_and_gone, types_gone, types_fresh, overlap)
    for name in _to_compare(now, ours):
        findings += _retyped(table, ours[name], now[name], known.get(name))
    return findings


def _gone(table: RawTable, now: Columns, before: Columns | None) -> list[RawColumn]:
    return [one for one in table.delivered_columns if _is_gone(one, now, before)]


def _to_compare(now: Columns, ours: Mapping[str, RawColumn]) -> list[str]:
    """Columns of the contract whose type is looked at: all but numbers that become tokens."""
    wanted = [name for name in now if name in ours]
    return [name for name in wanted if not _is_number_to_tokenise(name, now[name])]


def _by_delivered_name(table: RawTable) -> dict[str, RawColumn]:
    """The contract's columns by every name under which they may come."""
    by_name: dict[str, RawColumn] = {}
    for column in table.delivered_columns:
        by_name |= dict.fromkeys(column.delivered_names, column)
    return by_name


def _is_gone(column: RawColumn, now: Columns, before: Columns | None) -> bool:
    """What the last accepted delivery lacked too is no drift, unless nothing can be made without it."""
    if column.delivered_names & now.keys():
        return False
    if column.required or before is None:
        return True
    return bool(column.delivered_names & before.keys())


def _is_number_to_tokenise(name: str, kind: str) -> bool:
    """A number to be tokenised may come as text or as any number: the tokeniser reads them alike."""
    return name.endswith("_number") and type_word(kind) in NUMBERS


def are_unpaired(findings: Iterable[Finding]) -> bool:
    """Whether a column is missing and another one new, so that their values are worth comparing."""
    return {"missing", "new"} <= {finding.kind for finding in findings}


def refusal(findings: Iterable[Finding]) -> str:
    """What stops the source, every harmful column by name; empty when all findings are notes."""
    harmful = [finding for finding in findings if finding.harmful]
    if not harmful:
        return ""
    columns = "; ".join(finding.text for finding in harmful)
    return (
        f"the source changed in a way that would do harm: {columns}."
        f" Mend extract/{harmful[0].table}.sql or ask the source's owner; the month stops here"
    )


def _missing(
    table: RawTable, column: RawColumn, costs: Callable[[str], str]
) -> Finding:
    note = "required and not delivered"
    if not column.required:
        lost = costs(column.name)
        note = "optional and not delivered: NULL" + (f"; costs {lost}" if lost else "")
    return Finding("missing", table.table, column.name, column.required, note)


def new_column(table: RawTable, name: str, kind: str, relation: str = "") -> Finding:
    """A column that nobody asked for: a note, for it is left out."""
    where = f"new in {relation}" if relation else "new in the delivery"
    note = f"{where} ({kind}); it is left out"
    return Finding("new", table.table, name, False, note, relation)


def _retyped(
    table: RawTable, column: RawColumn, now: str, before: str | None
) -> Iterator[Finding]:
    """Both the contract's type and the type of last time must be held by what arrives."""
    arrives = type_word(now)
    earlier = type_word(before) if before else "null"
    was = f" instead of {before}" if before and earlier != arrives else ""
    said = f"arrives as {now}{was}"
    fits = arrives == "null" or arrives in FITS[column.type]
    is_change = "null" not in (arrives, earlier) and arrives != earlier
    if not fits:
        note = f"{said}, which cannot be read as {column.type} without loss"
        yield Finding("retyped", table.table, column.name, True, note)
    elif is_change and (earlier, arrives) in LOSSES.get(column.type, ()):
        note = f"{said}: what it held is lost"
        yield Finding("retyped", table.table, column.name, True, note)
    elif is_change:
        note = f"{said}; {_how_read(column, earlier, arrives)}"
        yield Finding("retyped", table.table, column.name, False, note)


def _how_read(column: RawColumn, earlier: str, arrives: str) -> str:
    if arrives in HOLDS.get(earlier, ()) and arrives != "text":
        return "nothing is lost"
    return f"each value is read as {column.type}, and what cannot be read is set aside"


def paired(
    findings: list[Finding],
    gone: Columns,
    fresh: Columns,
    overlap: Overlap = no_overlap,
) -> list[Finding]:
    """Missing and new columns of one type that belong together become one finding, harmful as the missing one."""
    new_names = renames(gone, fresh, overlap)
    told = []
    for finding in findings:
        if finding.kind == "missing" and finding.column in new_names:
            told.append(_renamed(finding, new_names[finding.column]))
        elif finding.kind != "new" or finding.column not in new_names.values():
            told.append(finding)
    return told


def _renamed(missing: Finding, new: str) -> Finding:
    note = f"{missing.note}; looks renamed from {missing.column} to {new}"
    return replace(missing, kind="renamed", renamed_to=new, note=note)


def rows_of(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """The findings as rows of the lake's table ``drift``; equal ones, as of two parts, stand once."""
    rows: list[dict[str, str]] = []
    for finding in findings:
        if finding.row not in rows:
            rows.append(finding.row)
    return rows
