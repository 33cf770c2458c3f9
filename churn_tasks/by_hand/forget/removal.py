"""The rows of people in the files of the lake: counted, and the files written again without them.

A file that holds nobody is not touched. One that does is written as the engine writes it, from the same types in the
same order: its bytes are those of a partition that was made without these people.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from churn_tasks.adapters.engine import Engine
from churn_tasks.adapters.forgotten import CROSSED_OUT, Forgotten, is_listed_number
from churn_tasks.adapters.tokens import Tokeniser
from churn_tasks.adapters.versions import rows_of_file
from churn_tasks.adapters.warehouse.forgetting import MAY_BE_NAMED, NAMED
from churn_tasks.by_hand.forget.lake_files import LakeFile
from churn_tasks.by_hand.forget.people import hold, prepare
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.files import replacing
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.sql_expressions import list_of

EXAMPLES = "e[.]g[.] ([^);]*)"  # as core/errors.py gives them
CELLS = "[^\\s,;|\"']+"  # of a line that could not be read
OWN_TOKENS = ("phone_token", "identity_token")  # in a row as it was delivered


@dataclass(frozen=True)
class Found:
    """What one file holds of the people.

    Attributes:
        rows: that go.
        persons: places of the people whose they are.
        mentions: rows of others that name one of them.
        words: texts with their telephone numbers in clear.
    """

    file: LakeFile
    rows: int
    persons: frozenset[int]
    mentions: int
    words: frozenset[str]

    @property
    def is_nothing(self) -> bool:
        return not self.rows and not self.mentions and not self.words


@dataclass
class Removal:
    """The people of one request, and the tables that name them to the engine."""

    engine: Engine
    forgotten: Forgotten
    tokeniser: Tokeniser
    numbers: frozenset[str]

    @classmethod
    def of(
        cls,
        engine: Engine,
        forgotten: Forgotten,
        tokeniser: Tokeniser,
        customers: Mapping[str, int],
        persons: Mapping[str, int],
        numbers: Iterable[str],
    ) -> "Removal":
        """Tell the engine who they are."""
        prepare(engine)
        tokens = frozenset(numbers)
        _hold_people(engine, "forgotten_customer", customers)
        _hold_people(engine, "forgotten_person", persons)
        hold(engine, "forgotten_number", tokens)
        hold(engine, "forgotten_row", ())
        named = sorted({*customers, *tokens})
        stand_ins = [forgotten.stand_in(value) for value in named]
        _hold_table(engine, "stand_in", {"value": named, "stand_in": stand_ins})
        return cls(engine, forgotten, tokeniser, tokens)

    def set_aside_rows(self, files: Iterable[LakeFile]) -> set[str]:
        """Ids of the set-aside rows that are theirs; from now on rows that go."""
        ids: set[str] = set()
        for file in files:
            for column in file.named("delivered"):
                found = self.engine.connection.execute(
                    f"SELECT row_id FROM {file.sql} AS r WHERE {_delivered_condition(column)}"
                )
                ids.update(row for (row,) in found.fetchall())
        return ids

    def with_rows(self, ids: Iterable[str]) -> None:
        hold(self.engine, "forgotten_row", ids)

    def look(self, file: LakeFile) -> Found:
        """What a file holds of them."""
        going, mentioned = condition(file), _mention_condition(file)
        rows = mentions = 0
        if going or mentioned:
            counted = self.engine.row(
                f"SELECT count(*) FILTER (WHERE {going or 'false'}) AS rows,"
                f" count(*) FILTER (WHERE NOT {going or 'false'} AND {mentioned or 'false'}) AS mentions"
                f" FROM {file.sql} AS r"
            )
            rows, mentions = counted["rows"], counted["mentions"]
        persons = self._persons(file) if rows else frozenset()
        return Found(file, rows, persons, mentions, self._words(file))

    def _persons(self, file: LakeFile) -> frozenset[int]:
        """The places of the people of whom a file holds rows."""
        places: set[int] = set()
        for expression, people in _names(file):
            found = self.engine.connection.execute(
                f"SELECT DISTINCT p.place FROM {file.sql} AS r INNER JOIN {people} AS p ON p.value = {expression}"
            )
            places.update(place for (place,) in found.fetchall())
        return frozenset(places)

    def _words(self, file: LakeFile) -> frozenset[str]:
        """Their telephone and identity numbers as they stand in what somebody wrote."""
        found: set[str] = set()
        for column in file.words if self.numbers else ():
            written = self.engine.connection.execute(
                f"SELECT DISTINCT unnest(regexp_extract_all({identifier(column)}, {literal(NAMED)}, 1))"
                f" FROM {file.sql} WHERE regexp_matches({identifier(column)}, {literal(MAY_BE_NAMED)})"
            )
            for (text,) in written.fetchall():
                if is_listed_number(text, self.tokeniser, self.numbers):
                    found.add(text)
        return frozenset(found)

    def write_without(
        self, found: Found, before_it_counts: Callable[[Path], None] | None = None
    ) -> None:
        """Write a file again without the rows that go.

        Args:
            before_it_counts: told of the new file before it takes the place of the old one.

        Raises:
            BadInput: other rows would have gone as well. The file stays as it was.
        """
        file = found.file
        self._make_rest(found)
        order = ""
        if file.order:
            order = f" ORDER BY {list_of(map(identifier, file.order))}"
        expected = rows_of_file(file.path) - found.rows
        try:
            with replacing(file.path) as aside:
                self.engine.connection.execute(
                    f"COPY (SELECT * FROM rest{order}) TO {literal(aside)} (FORMAT parquet, COMPRESSION zstd)"
                )
                left = rows_of_file(aside)
                if left != expected:
                    problem = f"{left} rows would be left where {expected} must be; nothing was taken out of the file"
                    raise BadInput(
                        evidence(table=file.table, month=file.month, problem=problem)
                    )
                if before_it_counts:
                    before_it_counts(aside)
        finally:
            self.engine.connection.execute("DROP TABLE IF EXISTS rest")

    def _make_rest(self, found: Found) -> None:
        file = found.file
        selected = [
            f"{_left(file, name, found.words)} AS {identifier(name)}"
            for name in file.columns
        ]
        joins = []
        for place, expression in enumerate(_mentions(file)):
            joins.append(
                f" LEFT JOIN stand_in AS s{place} ON s{place}.value = {expression}"
            )
        self.engine.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE rest AS SELECT {', '.join(selected)}"
            f" FROM {file.sql} AS r{''.join(joins)} WHERE NOT {condition(file) or 'false'}"
        )


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def condition(file: LakeFile) -> str:
    """Which rows go; empty where a file cannot hold one.

    A row is known by customers' numbers. One that lacks them is known by its own tokens; so is a table without them.
    """
    parts = [
        f"{expression} IN (SELECT value FROM {people})"
        for expression, people in _names(file)
    ]
    for column in file.named("row"):
        parts.append(f"r.{identifier(column)} IN (SELECT value FROM forgotten_row)")
    customers = file.named("customer")
    missing = [f"r.{identifier(name)} IS NULL" for name in customers]
    for column in file.named("number"):
        is_theirs = f"r.{identifier(column)} IN (SELECT value FROM forgotten_number)"
        parts.append(" AND ".join([is_theirs, *missing]))
    if not parts:
        return ""
    return (
        f"coalesce({' OR '.join(f'coalesce({part}, false)' for part in parts)}, false)"
    )


def _names(file: LakeFile) -> Iterator[tuple[str, str]]:
    """What names the people of a row, and the table of those to look for."""
    for column in file.named("customer"):
        yield f"plain_number(r.{identifier(column)})", "forgotten_customer"
    if file.is_by_person or not file.named("customer"):
        for column in file.named("person"):
            yield f"r.{identifier(column)}", "forgotten_person"
    for column in file.named("delivered"):
        yield _delivered_customer(column), "forgotten_customer"


def _delivered_customer(column: str) -> str:
    return f"plain_number(r.{identifier(column)} ->> '$.customer_id')"


def _delivered_condition(column: str) -> str:
    """Whether a row as it was delivered is theirs."""
    customer = _delivered_customer(column)
    own = []
    for token in OWN_TOKENS:
        value = f"r.{identifier(column)} ->> '$.{token}'"
        own.append(f"({value}) IN (SELECT value FROM forgotten_number)")
    by_number = f"{customer} IS NULL AND ({' OR '.join(own)})"
    by_customer = f"{customer} IN (SELECT value FROM forgotten_customer)"
    return f"coalesce({by_customer}, false) OR coalesce({by_number}, false)"


def _mentions(file: LakeFile) -> list[str]:
    """Where rows of others may name somebody: expressions over the row ``r``."""
    found = [f"r.{identifier(name)}" for name in file.named("other_side")]
    for column in file.named("delivered"):
        found.append(f"(r.{identifier(column)} ->> '$.peer_token')")
    return found


def _mention_condition(file: LakeFile) -> str:
    parts = [
        f"{expression} IN (SELECT value FROM stand_in)"
        for expression in _mentions(file)
    ]
    for name in file.named("reference"):
        parts.append(f"r.{identifier(name)} IN (SELECT value FROM forgotten_customer)")
    for name in file.named("words"):
        parts.append(_gives_examples(name))
    for name in file.named("line"):
        parts.append(_names_customer(f"r.{identifier(name)}"))
    for name in file.named("delivered"):
        parts.append(_names_customer(damaged_line(f"r.{identifier(name)}")))
    if not parts:
        return ""
    return f"({' OR '.join(f'coalesce({part}, false)' for part in parts)})"


def examples(column: str) -> str:
    """The words behind every "e.g." of a text, where messages of checks may give customers' numbers."""
    given = (
        f"array_to_string(regexp_extract_all({column}, {literal(EXAMPLES)}, 1), ' ')"
    )
    return f"regexp_extract_all({given}, '[^ ,]+')"


def _gives_examples(column: str) -> str:
    named = examples(f"r.{identifier(column)}")
    return f"list_has_any({named}, (SELECT list(value) FROM forgotten_customer))"


def damaged_line(column: str) -> str:
    """The text of a damaged line that was set aside as a row; NULL of any other row."""
    return (
        f"CASE WHEN ({column} ->> '$.file') IS NOT NULL THEN {column} ->> '$.text' END"
    )


def cells(line: str) -> str:
    """What stands in a line, as a list."""
    return f"regexp_extract_all({line}, {literal(CELLS)})"


def _names_customer(line: str) -> str:
    return f"list_has_any({cells(line)}, (SELECT list(value) FROM forgotten_customer))"


def _without_text(column: str) -> str:
    """The same damaged line without what stands in it."""
    parts = (
        f"file := {column} ->> '$.file', line := CAST({column} ->> '$.line' AS BIGINT)"
    )
    return f"CAST(to_json(struct_pack({parts}, text := {literal(CROSSED_OUT)})) AS VARCHAR)"


def _left(file: LakeFile, name: str, words: frozenset[str]) -> str:
    """A column of the rows that stay."""
    column = f"r.{identifier(name)}"
    others = file.named("other_side")
    if name in others:
        column = f"coalesce(s{others.index(name)}.stand_in, {column})"
    elif name in file.named("reference"):
        column = f"CASE WHEN {column} IN (SELECT value FROM forgotten_customer) THEN NULL ELSE {column} END"
    elif name in file.named("delivered"):
        said = f"s{len(others) + file.named('delivered').index(name)}"
        names = _names_customer(damaged_line(column))
        replaced = (
            f"coalesce(replace({column}, {said}.value, {said}.stand_in), {column})"
        )
        column = f"CASE WHEN {names} THEN {_without_text(column)} ELSE {replaced} END"
    elif name in file.named("line"):
        names = _names_customer(column)
        column = f"CASE WHEN {names} THEN {literal(CROSSED_OUT)} ELSE {column} END"
    elif name in file.named("words"):
        crossed = (
            f"regexp_replace({column}, {literal(EXAMPLES)}, 'e.g. {CROSSED_OUT}', 'g')"
        )
        column = f"CASE WHEN {_gives_examples(name)} THEN {crossed} ELSE {column} END"
    if name in file.words and words:
        longest_first = sorted(words, key=lambda word: (-len(word), word))
        pattern = literal("|".join(map(re.escape, longest_first)))
        column = f"regexp_replace({column}, {pattern}, {literal(CROSSED_OUT)}, 'g')"
    return column


def _hold_people(engine: Engine, name: str, people: Mapping[str, int]) -> None:
    ordered = sorted(people)
    places = [people[value] for value in ordered]
    _hold_table(engine, name, {"value": ordered, "place": places})


def _hold_table(
    engine: Engine, name: str, columns: Mapping[str, Sequence[object]]
) -> None:
    arrays = {}
    for column, values in columns.items():
        kind = pa.int64() if column == "place" else pa.string()
        arrays[column] = pa.array(values, kind)
    with engine.registered("held_table", pa.table(arrays)):
        engine.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT * FROM held_table"
        )
