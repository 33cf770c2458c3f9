"""What may fill a gap, and what the composer says where the parts are not the ones that a query waits for."""

from pathlib import Path

import duckdb
import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.declared.composer import ComposedFile, composed, filled
from churn_tasks.declared.query import Query
from churn_tasks.declared.sql_parts import (
    Columns,
    Condition,
    Expression,
    Joins,
    LeftJoin,
    Name,
    Names,
    Order,
    Part,
    Relation,
    Value,
    subquery,
    union,
    union_all,
)
from churn_tasks.declared.yaml_file import read_declaration

HOSTILE = 'x" FROM secret; --'


@pytest.mark.parametrize(
    ("part", "sql"),
    [
        (Name("bill_cny"), '"bill_cny"'),
        (Name(HOSTILE), '"x"" FROM secret; --"'),
        (Names(("a", "b c")), '"a", "b c"'),
        (Value("o'clock"), "'o''clock'"),
        (Value(0.5), "0.5"),
        (Value(-3), "-3"),
        (Expression("coalesce(a, ';')"), "coalesce(a, ';')"),
        (Condition("a OR b"), "(a OR b)"),
        (Columns.of_texts({"twice": "2 * a"}), '2 * a AS "twice"'),
        (Order.by("a DESC", "b"), "a DESC, b"),
        (Joins(), ""),
        (
            Joins((LeftJoin(Relation("t"), "more", {"id": Expression("k.id")}),)),
            'LEFT JOIN t AS "more" ON "more"."id" = k.id',
        ),
    ],
)
def test_a_part_stands_in_sql_as_what_it_is(part: Part, sql: str) -> None:
    assert part.sql == sql


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a; DROP TABLE b",
        "a -- b",
        "a /* b",
        "'open",
        '"open',
        "f(a",
        "a) OR (b",
        "a)",
        "[a",
        "f(a]",
        "a, b",
    ],
)
@pytest.mark.parametrize("kind", [Expression, Condition, Relation])
def test_an_expression_cannot_end_its_statement(
    kind: type[Expression], text: str
) -> None:
    with pytest.raises(ValueError, match=r"no single (expression|relation) of SQL"):
        kind(text)


@pytest.mark.parametrize(
    "text",
    [
        "bill WHERE true",
        "bill AS b",
        "f(1)",
        "(SELECT 1) AS a",
        "(a) JOIN (b)",
        "(a)(b)",
    ],
)
def test_a_relation_is_a_table_or_a_select_in_brackets(text: str) -> None:
    with pytest.raises(ValueError, match="no single relation of SQL"):
        Relation(text)
    for allowed in ("bill", '"a; table"', "(SELECT 1)", "(\nSELECT f(1), ')'\n)"):
        assert Relation(allowed).sql == allowed, "control"


def test_signs_within_quotes_and_closed_comments_are_harmless() -> None:
    """Control of the refusals above: the same signs, where they end nothing."""
    about = "(\n-- what it's about; and (why)\nSELECT 1, 2)"
    for text in ("';--/*'", '"a;b("', "f('(')", "[a, {'b': (1, 2)}]", about):
        assert Expression(text).sql == text


@pytest.mark.parametrize("kind", [Names, Columns, Order])
def test_a_list_without_anything_is_refused(kind: type) -> None:
    with pytest.raises(ValueError, match="at least one"):
        kind({} if kind is Columns else ())


LINES: dict[str, Part] = {
    "opened_date": Expression("joined_date"),
    "is_closed": Condition("false"),
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_closed": None}, "matching/known_lines: it is given no part is_closed"),
        (
            {"closed": Condition("true")},
            "matching/known_lines: it is given closed; its parts are opened_date, is_closed",
        ),
        (
            {"is_closed": Expression("false")},
            "matching/known_lines: part is_closed is a condition; given is Expression",
        ),
    ],
)
def test_other_parts_than_the_declared_are_refused(
    change: dict[str, Part | None], said: str
) -> None:
    parts = {name: part for name, part in (LINES | change).items() if part}
    with pytest.raises(ValueError, match=said):
        composed("matching", "known_lines", **parts)
    assert "{{" not in composed("matching", "known_lines", **LINES), "control"


def _folder(folder: Path, sql: str, parts: str) -> Query:
    (folder / "query.sql").write_text(sql, encoding="utf-8")
    declaration = f"table: t\nkey: []\nmeaning: {{en: a, zh: b}}\nparts: {parts}\n"
    (folder / "query.yaml").write_text(declaration, encoding="utf-8")
    declared = read_declaration(ComposedFile, folder / "query.yaml")
    return Query("made_up", folder, declared)


def test_sql_and_declaration_name_the_same_gaps(tmp_path: Path) -> None:
    parts = "{a: {kind: value, sample: 1, en: One}}"
    undeclared = _folder(tmp_path, "SELECT {{a}}, {{b}}", parts)
    with pytest.raises(
        ValueError, match=r"made_up/.* its SQL shows b; its parts are a"
    ):
        filled(undeclared, {"a": Value(1), "b": Value(2)})
    unused = _folder(tmp_path, "SELECT 1", parts)
    with pytest.raises(ValueError, match="its SQL shows no part a"):
        filled(unused, {"a": Value(1)})


def test_what_fills_a_gap_is_not_filled_again(tmp_path: Path) -> None:
    query = _folder(
        tmp_path, "SELECT {{a}} AS a", "{a: {kind: value, sample: 1, en: One}}"
    )
    asked = filled(query, {"a": Value("{{a}}")})
    assert duckdb.connect().execute(asked).fetchall() == [("{{a}}",)]


@pytest.mark.parametrize(
    "parts",
    [
        "{a: {kind: sql, sample: 1, en: One}}",
        "{a: {kind: condition, sample: 'a; b', en: One}}",
        "{a: {kind: names, sample: [], en: One}}",
    ],
)
def test_a_declaration_with_a_bad_gap_is_refused(tmp_path: Path, parts: str) -> None:
    with pytest.raises(SettingsError, match=r"query\.yaml"):
        _folder(tmp_path, "SELECT {{a}}", parts)


def test_selects_are_put_together() -> None:
    ones = ["-- one\nSELECT 1 AS n", "-- one again\nSELECT 1 AS n"]
    connection = duckdb.connect()
    for together, rows in ((union_all(ones), 2), (union(ones), 1)):
        assert len(connection.execute(together).fetchall()) == rows
        nested = f"SELECT count(*) FROM {subquery(together).sql}"
        assert connection.execute(nested).fetchall() == [(rows,)]
