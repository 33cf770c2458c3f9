"""Who is meant by a request: the lines of each person, their numbers of persons, the tokens that are theirs alone."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from churn_tasks.adapters.engine import Engine
from churn_tasks.adapters.forgotten import Forgotten, plain_number
from churn_tasks.adapters.tokens import BOOK_NUMBER, Tokeniser
from churn_tasks.by_hand.forget.lake_files import LakeFile, by_table, rows_of
from churn_tasks.core.errors import BadInput
from churn_tasks.core.sql_text import identifier, literal

MOST_SHOWN = 5
SPACES = r"[\s\x{00a0}\x{3000}\x{feff}]"  # as DuckDB spells them
# as plain_number; most texts need neither, and regular expressions cost
PLAIN = rf"""
CREATE OR REPLACE TEMP MACRO plain_number(t) AS
    CASE WHEN t < '!' OR t > '~' OR t[-1] NOT BETWEEN '!' AND '~' OR ends_with(t, '.0')
        THEN regexp_replace(regexp_replace(t, {literal(f"^{SPACES}+|{SPACES}+$")}, '', 'g'), '\.0+$', '')
        ELSE t END
"""
# who holds which lines, by the latest month that knows the line
SAME_PERSON = """
WITH latest AS (
    SELECT customer_id, arg_max(person_id, month) AS person_id FROM {lines} GROUP BY customer_id
)
SELECT customer_id, person_id FROM latest
WHERE person_id IN (SELECT person_id FROM latest WHERE customer_id IN (SELECT value FROM asked))
"""


@dataclass(frozen=True)
class People:
    """The people of one request.

    Attributes:
        customers: number of each line to the person's place.
        persons: number of each person to the same.
        numbers: tokens of their telephone and identity numbers, those that somebody else has too left out.
        shared: how many were left out.
    """

    customers: dict[str, int]
    persons: dict[str, int]
    numbers: frozenset[str]
    shared: int = 0

    @property
    def count(self) -> int:
        return len(set(self.customers.values()))


def prepare(engine: Engine) -> None:
    """What every query here works with."""
    engine.connection.execute(PLAIN)


def hold(engine: Engine, name: str, values: Iterable[str]) -> None:
    """Make texts a table with the column ``value``."""
    listed = pa.table({"value": pa.array(sorted(set(values)), pa.string())})
    with engine.registered("held_values", listed):
        engine.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT * FROM held_values"
        )


def find_people(
    engine: Engine,
    files: Sequence[LakeFile],
    tokeniser: Tokeniser,
    forgotten: Forgotten,
    customers: Iterable[str],
    numbers: Iterable[str],
) -> People:
    """Everything that names the people of a request.

    Args:
        customers: customers' numbers, in clear or as the lake has them.
        numbers: telephone numbers in clear.

    Raises:
        BadInput: a number is nowhere, or had several holders.
    """
    prepare(engine)
    tables = by_table(files)
    asked = set(map(plain_number, customers))
    asked |= _holders(engine, tables, tokeniser, numbers)
    known = _known(engine, tables, tokeniser, asked)
    missing = sorted(asked - known.keys())
    unheard = [number for number in missing if not forgotten.has_customer(number)]
    if unheard:
        shown = ", ".join(unheard[:MOST_SHOWN])
        raise BadInput(
            f"nothing of {len(unheard)} customers is in the lake: {shown}. Nobody was taken out. Give numbers as the"
            " warning list and the source have them, or leave these out"
        )
    wanted = {number for number in missing if number not in unheard}
    wanted.update(*known.values())
    lines, persons = _persons(engine, tables, wanted)
    tokens, shared = _tokens(engine, tables, lines)
    return People(lines, persons, tokens, shared)


def _with(tables: dict[str, list[LakeFile]]) -> Iterator[tuple[str, str, str]]:
    """Rows, customer's column and number's column of every table that has both."""
    for files in tables.values():
        first = files[-1]
        for customer in first.named("customer"):
            for number in first.named("number"):
                if customer == "customer_id" or "customer_id" not in first.columns:
                    yield rows_of(files), identifier(customer), identifier(number)


def _holders(
    engine: Engine,
    tables: dict[str, list[LakeFile]],
    tokeniser: Tokeniser,
    numbers: Iterable[str],
) -> set[str]:
    """The customers of telephone numbers.

    Raises:
        BadInput: a number is nobody's, or was several people's one after the other.
    """
    asked = {tokeniser.token(number): number for number in numbers}
    if not asked:
        return set()
    hold(engine, "asked", asked)
    holders: dict[str, set[str]] = {token: set() for token in asked}
    for rows, customer, number in _with(tables):
        found = engine.connection.execute(
            f"SELECT DISTINCT {number}, plain_number({customer}) FROM {rows}"
            f" WHERE {number} IN (SELECT value FROM asked) AND {customer} IS NOT NULL"
        )
        for token, holder in found.fetchall():
            holders[token].add(holder)
    nobodys = [asked[token] for token, found in holders.items() if not found]
    if nobodys:
        raise BadInput(
            f"{len(nobodys)} of the given telephone numbers are nobody's in the lake. Nobody was taken out"
        )
    for several in holders.values():
        if len(several) > 1:
            shown = ", ".join(sorted(several)[:MOST_SHOWN])
            raise BadInput(
                f"a given telephone number has had {len(several)} holders: customers {shown}. Nobody was taken out."
                " Say who is meant: --customer"
            )
    return set().union(*holders.values())


def _known(
    engine: Engine,
    tables: dict[str, list[LakeFile]],
    tokeniser: Tokeniser,
    asked: Collection[str],
) -> dict[str, set[str]]:
    """Each asked number to the customers' numbers of the lake that it stands for: itself, or its token."""
    forms = {}
    for number in asked:
        forms[number] = number
        forms[tokeniser.token(number, BOOK_NUMBER)] = number
    hold(engine, "asked", forms)
    known: dict[str, set[str]] = {}
    for files in tables.values():
        for customer in files[-1].named("customer"):
            name = identifier(customer)
            found = engine.connection.execute(
                f"SELECT DISTINCT plain_number({name}) FROM {rows_of(files)}"
                f" WHERE plain_number({name}) IN (SELECT value FROM asked)"
            )
            for (number,) in found.fetchall():
                known.setdefault(forms[number], set()).add(number)
    return known


def _persons(
    engine: Engine, tables: dict[str, list[LakeFile]], wanted: Collection[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """All lines of the people who hold some, and the numbers that these persons had in any month."""
    hold(engine, "asked", wanted)
    lines_of: dict[str, set[str]] = {}
    files = tables.get("customer_line", [])
    if files:
        same = SAME_PERSON.format(lines=rows_of(files))
        for line, person in engine.connection.execute(same).fetchall():
            lines_of.setdefault(person, set()).add(line)
    people = list(map(frozenset, lines_of.values()))
    together = frozenset().union(*people)
    people += [frozenset([line]) for line in wanted if line not in together]
    places = {}
    for place, lines in enumerate(sorted(people, key=min)):
        places.update(dict.fromkeys(lines, place))
    persons = {}
    if files:
        hold(engine, "asked", places)
        numbers = engine.connection.execute(
            f"SELECT DISTINCT person_id, customer_id FROM {rows_of(files)}"
            " WHERE customer_id IN (SELECT value FROM asked)"
        )
        for person, line in numbers.fetchall():
            persons[person] = places[line]
    return places, persons


def _tokens(
    engine: Engine, tables: dict[str, list[LakeFile]], lines: Collection[str]
) -> tuple[frozenset[str], int]:
    """The tokens of some lines, and how many of theirs other customers have as well."""
    hold(engine, "asked", lines)
    theirs: set[str] = set()
    for rows, customer, number in _with(tables):
        found = engine.connection.execute(
            f"SELECT DISTINCT {number} FROM {rows}"
            f" WHERE plain_number({customer}) IN (SELECT value FROM asked) AND {number} IS NOT NULL"
        )
        theirs.update(token for (token,) in found.fetchall())
    hold(engine, "asked_tokens", theirs)
    others: set[str] = set()
    for rows, customer, number in _with(tables):
        found = engine.connection.execute(
            f"SELECT DISTINCT {number} FROM {rows} WHERE {number} IN (SELECT value FROM asked_tokens)"
            f" AND plain_number({customer}) NOT IN (SELECT value FROM asked)"
        )
        others.update(token for (token,) in found.fetchall())
    return frozenset(theirs - others), len(others)
