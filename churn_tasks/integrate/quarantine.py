"""Rows that were set aside: what is kept of each, and how a row that people accept goes on as it is.

A rejected row keeps the table and month it came in, the first rule it breaks, the column and value that broke it, the
other rules it breaks, and the whole row as it was delivered. Its ``row_id`` is a digest of the delivered row alone, so
it names the same row in every run, whatever rules, mappings or optional columns a contract gains later.
"""

import re
from collections.abc import Callable
from functools import partial

from churn_tasks.core.sql_text import literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import RawTable, Rule
from churn_tasks.declared.sql_expressions import case, list_of
from churn_tasks.declared.sql_parts import Expression, Relation, Value

ROW_ID_LENGTH = 16
# endings of rules under which a column has no value, and of all the rules that a contract implies for its columns
NO_VALUE = ("_missing", "_unreadable")
AUTOMATIC = (*NO_VALUE, "_outlier", "_shortened")
# SQL that says one thing about the rows under a rule
Answer = Callable[[RawTable, Rule], str]
_TEXT_LITERAL = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# the SQL of core/privacy.py: RE2 has no look-around, so the neighbours are captured and put back
_MOBILE_NUMBER = "(^|[^0-9])(1[3-9][0-9])[0-9]{4}([0-9]{4})($|[^0-9])"
query = partial(composed, "quarantine")


def row_id_sql(delivered: str = "delivered") -> str:
    """Digest of a delivered row: sixteen hexadecimal digits.

    Empty columns do not count, so that an optional column added to the contract leaves the id as it was.
    """
    without_empty = f"json_merge_patch('{{}}', {delivered}::JSON)::VARCHAR"
    return f"left(sha256({without_empty}), {ROW_ID_LENGTH})"


def released_sql(table: RawTable, judged: str) -> str:
    """The judged rows, those that people have accepted without a rule any more.

    Args:
        judged: relation of the standard rows of one month with ``rule``. Ids are made of rejected rows alone.
    """
    return query(
        "released_rows",
        judged=Relation(judged),
        table_name=Value(table.table),
        row_id=Expression(row_id_sql("rows_judged.delivered")),
    )


def release_count_sql() -> str:
    """One row, ``release_count``: what people have accepted of ``$table_name`` for ``$month``."""
    return query("release_count")


def quarantine_sql(table: RawTable, judged: str) -> str:
    """The rejected rows of one table as rows of ``quarantine``; a row delivered twice is one row with a count."""
    return query(
        "rejected_rows",
        table_name=Value(table.table),
        row_id=Expression(row_id_sql()),
        column_name=Expression(_by_rule(table, _columns_text)),
        value_text=Expression(_by_rule(table, _value_text)),
        other_rules=Expression(_other_rules(table)),
        judged=Relation(judged),
    )


def damaged_lines_sql() -> str:
    """The lines of ``file_line`` of ``$month`` whose kind is among ``$damage``, as rows of ``quarantine``."""
    return query("damaged_lines")


def broken_rules_sql() -> str:
    """``table_name``, ``name`` and ``rows`` of each rule that has set rows aside in ``$month``."""
    return query("broken_rules")


def broken_columns(table: RawTable, rule: Rule) -> list[str]:
    """The columns that a rule judges, in the order in which it names them.

    >>> from churn_tasks.declared.contracts import RawColumn, RawTable, Rule
    >>> names = ("event_date", "known_date", "amount_cny", "item_code")
    >>> table = RawTable(table="bill", key=(), meaning={"en": "x", "zh": "x"},
    ...     columns=[RawColumn(name=name, type="text", en="x", zh="x") for name in names])
    >>> broken_columns(table, Rule(name="sign_wrong", reject_when="item_code = 'amount_cny' AND amount_cny > 0",
    ...     en="x", zh="x"))
    ['item_code', 'amount_cny']
    >>> broken_columns(table, Rule(name="amount_cny_unreadable",
    ...     reject_when="unreadable IS NOT DISTINCT FROM 'amount_cny'", en="x", zh="x"))
    ['amount_cny']
    """
    for ending in AUTOMATIC:
        column = rule.name.removesuffix(ending)
        if column != rule.name and column in table.column_names:
            return [column]
    words = _WORD.findall(_TEXT_LITERAL.sub("''", rule.reject_when))
    return [word for word in dict.fromkeys(words) if word in table.column_names]


def loses_a_required_value(table: RawTable, rule_name: str) -> str | None:
    """The required column that rows under this rule have no value for: such a row cannot be accepted as it is."""
    required = {column.name for column in table.columns if column.required}
    required.update(table.key)
    for ending in NO_VALUE:
        column = rule_name.removesuffix(ending)
        if column != rule_name and column in required:
            return column
    return None


def _by_rule(table: RawTable, answer: Answer) -> str:
    answers = ((literal(rule.name), answer(table, rule)) for rule in table.every_rule)
    return case(answers, of="rule")


def _columns_text(table: RawTable, rule: Rule) -> str:
    return literal(", ".join(broken_columns(table, rule)))


def _value_text(table: RawTable, rule: Rule) -> str:
    """What was delivered in the columns of the rule; clear names and addresses and mobile numbers are masked."""
    direct = {column.name for column in table.columns if column.pii == "direct"}
    values = [_shown(name, name in direct) for name in broken_columns(table, rule)]
    if not values:
        return "NULL"
    return f"concat_ws(', ', {list_of(values)})"


def _shown(column: str, is_direct: bool) -> str:
    value = f"(delivered::JSON ->> '$.{column}')"
    masked = _mobile_masked(value)
    if is_direct:
        masked = f"left({value}, 1) || '***'"
    return f"coalesce({masked}, '(empty)')"


def _mobile_masked(value: str) -> str:
    return rf"regexp_replace({value}, '{_MOBILE_NUMBER}', '\1\2****\3\4', 'g')"


def _other_rules(table: RawTable) -> str:
    """The names of all rules that a row breaks, without the one under which it is set aside."""
    if not table.row_rules:
        return "NULL"
    broken = list_of(map(_name_if_broken, table.row_rules))
    others = f"list_filter([{broken}], lambda name: name <> rule)"
    return f"nullif(array_to_string({others}, ', '), '')"


def _name_if_broken(rule: Rule) -> str:
    return case([(rule.reject_when, literal(rule.name))])
