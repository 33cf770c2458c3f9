"""Rows that were set aside: what is kept of each, and how a row that people accept goes on as it is.

A rejected row keeps the table and month it came in, the first rule it breaks, the column and value that broke it, the
other rules it breaks, and the whole row as it was delivered. Its ``row_id`` is a digest of the delivered row alone, so
it names the same row in every run, whatever rules, mappings or optional columns a contract gains later.
"""

import re
from collections.abc import Callable

from churn_tasks.declared.contracts import RawTable, Rule

ROW_ID_LENGTH = 16
NO_VALUE = (
    "_missing",
    "_unreadable",
)  # endings of rules under which a column has no value
AUTOMATIC = (
    *NO_VALUE,
    "_outlier",
    "_formula",
)  # endings of the rules that a contract implies for its columns
Answer = Callable[
    [RawTable, Rule], str
]  # SQL that says one thing about the rows under a rule
_TEXT_LITERAL = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# the SQL of core/privacy.py: RE2 has no look-around, so the neighbours are captured and put back
_MOBILE_NUMBER = "(^|[^0-9])(1[3-9][0-9])[0-9]{4}([0-9]{4})($|[^0-9])"


def row_id_sql(delivered: str = "delivered") -> str:
    """Digest of a delivered row: sixteen hexadecimal digits.

    Empty columns do not count, so that an optional column added to the contract leaves the id as it was.
    """
    return f"left(sha256(json_merge_patch('{{}}', {delivered}::JSON)::VARCHAR), {ROW_ID_LENGTH})"


def released_sql(table: RawTable, judged: str) -> str:
    """The judged rows, those that people have accepted without a rule any more.

    Args:
        judged: relation of the standard rows of one month with ``rule``. Ids are made of rejected rows alone.
    """
    accepted = (
        "SELECT DISTINCT frozen.month, frozen.row_id FROM quarantine_release AS frozen"
        f" WHERE frozen.table_name = '{table.table}'"
    )
    return (
        "SELECT rows_judged.* REPLACE (CASE WHEN released.row_id IS NULL THEN rows_judged.rule END AS rule)"
        f" FROM {judged} AS rows_judged LEFT JOIN ({accepted}) AS released ON released.month = rows_judged.month"
        f" AND released.row_id = CASE WHEN rows_judged.rule IS NOT NULL THEN {row_id_sql('rows_judged.delivered')} END"
    )


def quarantine_sql(table: RawTable, judged: str) -> str:
    """The rejected rows of one table as rows of ``quarantine``; a row delivered twice is one row with a count."""
    return (
        f"SELECT '{table.table}' AS table_name, {row_id_sql()} AS row_id, rule, {_by_rule(table, _columns_text)} AS"
        f" column_name, {_by_rule(table, _value_text)} AS value_text, {_other_rules(table)} AS other_rules,"
        f" delivered::VARCHAR AS row_json, count(*) AS row_count FROM {judged} WHERE rule IS NOT NULL GROUP BY ALL"
    )


def broken_columns(table: RawTable, rule: Rule) -> list[str]:
    """The columns that a rule judges, in the order in which it names them.

    >>> from churn_tasks.declared.contracts import RawColumn, RawTable, Rule
    >>> names = ("event_date", "known_date", "amount_cny", "item_code")
    >>> table = RawTable(table="bill", key=(), meaning={"en": "", "zh": ""},
    ...     columns=[RawColumn(name=name, type="text", en="", zh="") for name in names])
    >>> broken_columns(table, Rule(name="sign_wrong", reject_when="item_code = 'amount_cny' AND amount_cny > 0",
    ...     en="", zh=""))
    ['item_code', 'amount_cny']
    >>> broken_columns(table, Rule(name="amount_cny_unreadable", reject_when="unreadable = 'amount_cny'", en="", zh=""))
    ['amount_cny']
    """
    for ending in AUTOMATIC:
        if (
            column := rule.name.removesuffix(ending)
        ) != rule.name and column in table.column_names:
            return [column]
    words = _WORD.findall(_TEXT_LITERAL.sub("''", rule.reject_when))
    return [word for word in dict.fromkeys(words) if word in table.column_names]


def loses_a_required_value(table: RawTable, rule_name: str) -> str | None:
    """The required column that rows under this rule have no value for: such a row cannot be accepted as it is."""
    required = {column.name for column in table.columns if column.required} | set(
        table.key
    )
    broken = next(
        (rule_name.removesuffix(e) for e in NO_VALUE if rule_name.endswith(e)), None
    )
    return broken if broken in required else None


def _by_rule(table: RawTable, answer: Answer) -> str:
    cases = " ".join(
        f"WHEN '{rule.name}' THEN {answer(table, rule)}" for rule in table.row_rules
    )
    return f"CASE rule {cases} END" if cases else "NULL::VARCHAR"


def _columns_text(table: RawTable, rule: Rule) -> str:
    return f"'{', '.join(broken_columns(table, rule))}'"


def _value_text(table: RawTable, rule: Rule) -> str:
    """What was delivered in the columns of the rule; clear names and addresses and mobile numbers are masked."""
    direct = {column.name for column in table.columns if column.pii == "direct"}
    values = [_shown(name, name in direct) for name in broken_columns(table, rule)]
    return f"concat_ws(', ', {', '.join(values)})" if values else "NULL"


def _shown(column: str, is_direct: bool) -> str:
    value = f"(delivered::JSON ->> '$.{column}')"
    masked = f"left({value}, 1) || '***'" if is_direct else _mobile_masked(value)
    return f"coalesce({masked}, '(empty)')"


def _mobile_masked(value: str) -> str:
    return rf"regexp_replace({value}, '{_MOBILE_NUMBER}', '\1\2****\3\4', 'g')"


def _other_rules(table: RawTable) -> str:
    names = ", ".join(
        f"CASE WHEN {rule.reject_when} THEN '{rule.name}' END"
        for rule in table.row_rules
    )
    return (
        f"nullif(array_to_string(list_filter([{names}], lambda name: name <> rule), ', '), '')"
        if names
        else "NULL"
    )
