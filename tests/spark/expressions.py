"""Random expressions over the columns of a small table, of every construct that is carried over to Spark."""

import random

KINDS = ("whole", "decimal", "double", "text", "day", "moment", "condition")
COLUMNS = {
    "whole": ("n", "m"),
    "decimal": ("money", "fee"),
    "double": ("share", "rate"),
    "text": ("name",),
    "day": ("day", "other_day"),
    "moment": ("moment",),
    "condition": ("is_on",),
}
LITERALS = {
    "whole": ("0", "1", "7", "-3"),
    "decimal": ("0.5", "2.25", "-1.5"),
    "double": ("1e0", "CAST('0.145' AS DOUBLE)", "1e9"),
    "text": ("'a'", "'中'", "''"),
    "day": ("DATE '2024-01-31'", "DATE '2024-02-29'"),
    "moment": ("TIMESTAMP '2024-01-01 12:00:00'",),
    "condition": ("true", "CAST(NULL AS BOOLEAN)"),
}
# what each kind may be made of; a word in braces is an expression of that kind, and a word after @ a column of it
FORMS = {
    "whole": (
        "({whole} + {whole})", "({whole} * {whole})", "-{whole}", "abs({whole})", "{@whole} // nullif({@whole}, 0)",
        "{whole} % nullif({whole}, 0)", "length({text})", "date_diff('day', {day}, {day})", "({day} - {day})",
        "date_diff('month', {day}, {day})", "date_diff('quarter', {day}, {day})", "year({day})", "month({moment})",
        "day({day})", "dayofweek({day})", "isodow({day})", "hour({moment})", "dayofyear({day})",
        "weekofyear({day})", "extract(dow FROM {day})", "CAST({decimal} AS BIGINT)", "CAST({condition} AS INTEGER)",
        "coalesce({whole}, {whole})", "greatest({whole}, {whole})",
        "CASE WHEN {condition} THEN {whole} ELSE {whole} END", "nullif({whole}, {whole})",
        "CAST({@double} AS BIGINT)", "(abs({whole}) & 7)", "bit_count(CAST(abs({@whole}) AS INTEGER))",
    ),
    "decimal": (
        "({decimal} + {decimal})", "abs({decimal})",
        "-{decimal}", "round({decimal}, 1)", "round({decimal})", "floor({decimal})", "ceil({decimal})",
        "least({decimal}, {decimal})", "coalesce({decimal}, 0)", "CASE WHEN {condition} THEN {decimal} END",
        "CAST({decimal} AS DECIMAL(18, 1))", "CAST({whole} AS DECIMAL(18, 4))",
        "{@decimal} % nullif({@decimal}, 0)",
    ),
    "double": (
        "({whole} / nullif({whole}, 0))", "({decimal} / nullif({decimal}, 0))", "({double} * {double})",
        "abs({double})", "ln({@double})", "ln({@whole})", "log({@double})", "log10({@decimal})", "log2({@whole})",
        "exp({@whole} / 9)", "sqrt(abs({double}))", "power({@whole}, 2)", "floor({@double} * 100 + 0.5) / 100",
        "ceil({@double})", "CAST({@decimal} * {@decimal} AS DOUBLE)", "CAST({@decimal} * {@whole} AS DOUBLE)",
        "greatest({double}, {double})", "coalesce({double}, 0)",
    ),
    "text": (
        "substr({text}, 2)", "substr({text}, 1, 2)", "left({text}, 1)", "right({text}, 2)", "({text} || {text})",
        "trim({text}, ' ')", "replace({text}, 'a', 'xy')", "lpad({text}, 4, '*')", "CAST({whole} AS VARCHAR)",
        "CAST({@decimal} AS VARCHAR)", "CAST({condition} AS VARCHAR)", "CAST({day} AS VARCHAR)",
        "coalesce({text}, 'x')", "CASE WHEN {condition} THEN {text} ELSE 'z' END", "concat({text}, {text})",
        "CAST({moment} AS VARCHAR)",
    ),
    "day": (
        "CAST({day} + INTERVAL 1 MONTH AS DATE)", "CAST({day} - INTERVAL 3 DAY AS DATE)", "({@day} + 3)",
        "last_day({day})", "CAST(date_trunc('month', {day}) AS DATE)", "CAST(date_trunc('week', {day}) AS DATE)",
        "CAST({moment} AS DATE)", "least({day}, {day})", "make_date(2024, month({day}), 1)",
        "coalesce({day}, {day})",
    ),
    "moment": (
        "({moment} + INTERVAL 5 HOUR)", "({day} + INTERVAL 1 MONTH)", "({day} - INTERVAL 1 YEAR)",
        "date_trunc('hour', {moment})", "date_trunc('quarter', {day})", "CAST({day} AS TIMESTAMP)",
    ),
    "condition": (
        "({whole} < {whole})", "({decimal} >= {decimal})", "({double} > {double})", "({text} = {text})",
        "({text} < {text})", "({day} <= {day})", "({condition} AND {condition})", "({condition} OR {condition})",
        "NOT {condition}", "{text} IS NULL", "({whole} IS DISTINCT FROM {whole})", "{whole} IN (1, 2, NULL)",
        "{whole} BETWEEN 0 AND 5", "{text} LIKE '%a'", "{text} LIKE '_中%'", "starts_with({text}, 'a')",
        "contains({text}, 'a')", "{condition} IS NOT TRUE",
    ),
}  # fmt: skip


class Writer:
    """Writes expressions, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def expression(self, kind: str, depth: int) -> str:
        """An expression of a kind, nested at most so deep."""
        if depth == 0 or self.chance.random() < 0.15:
            return self._leaf(kind)
        parts = self.chance.choice(FORMS[kind]).split("{")
        text = parts[0]
        for part in parts[1:]:
            word, _, rest = part.partition("}")
            if word.startswith("@"):
                text += self.chance.choice(COLUMNS[word.removeprefix("@")])
            else:
                text += self.expression(word, depth - 1)
            text += rest
        return text

    def _leaf(self, kind: str) -> str:
        if self.chance.random() < 0.8:
            return self.chance.choice(COLUMNS[kind])
        return self.chance.choice(LITERALS[kind])
