"""Rules that a row of a contract must pass: those that a contract states, and those that follow from its columns."""

from pydantic import Field

from churn_tasks.core.closed import Closed, Words
from churn_tasks.declared.columns import Bounds, Column


class Rule(Closed):
    """A row rule: rows for which ``reject_when`` (SQL) is true are quarantined under ``name``.

    Attributes:
        most: the column with an amount, and the number in ``reject_when`` beyond which it is absurd, in yuan. Where
            that number stands there, the profile's limit takes its place, and that of ``{limit}`` in the texts
            (:mod:`.money`).
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    reject_when: str
    en: Words
    zh: Words
    most: dict[str, float] = Field({}, max_length=1)
    max_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of rejected rows from which the whole table stops",
    )


def missing_rule(column: Column) -> Rule:
    """Nothing was delivered; what was delivered and could not be read has a rule of its own."""
    return Rule(
        name=f"{column.name}_missing",
        reject_when=f"\"{column.name}\" IS NULL AND unreadable IS DISTINCT FROM '{column.name}'",
        en=f"{column.name} is missing or blank",
        zh=f"缺少{column.zh}",
    )


def unreadable_rule(column: Column) -> Rule:
    """What was delivered is no value of the declared type.

    DuckDB 2.0.0 refuses ``=`` here where one column alone can be unreadable and none is
    (findings/duckdb_case_of_constants_compared.sh).
    """
    return Rule(
        name=f"{column.name}_unreadable",
        reject_when=f"unreadable IS NOT DISTINCT FROM '{column.name}'",
        en=f"{column.name} was delivered as something that cannot be read as {column.type}",
        zh=f"{column.zh}：内容无法识别",
    )


def shortened_rule(column: Column) -> Rule:
    """A spreadsheet has shown a long number short and saved what it showed: 1.380E+10 stands for many numbers."""
    return Rule(
        name=f"{column.name}_shortened",
        reject_when=f"shortened IS NOT DISTINCT FROM '{column.name}'",
        en=f"{column.name} is a number that a spreadsheet has shortened, such as 1.380E+10; its digits are lost."
        " Export the column as text",
        zh=f"{column.zh}：长数字被电子表格缩写（如 1.380E+10），原有位数已丢失，请以文本格式导出",
    )


def outlier_rule(column: Column, bounds: Bounds) -> Rule:
    """Bounds that set rows aside. Learnt ones are known only where they are learnt (``integrate/treat.py``)."""
    beyond = []
    if bounds.lowest is not None:
        beyond.append(f'"{column.name}" < {bounds.lowest}')
    if bounds.highest is not None:
        beyond.append(f'"{column.name}" > {bounds.highest}')
    return Rule(
        name=f"{column.name}_outlier",
        reject_when=" OR ".join(beyond) or f'false AND "{column.name}" IS NOT NULL',
        en=f"{column.name} lies outside its bounds",
        zh=f"{column.zh}：超出规定范围",
    )


FIELDS, QUOTES, ENCODING = "row_fields", "row_quotes", "row_encoding"
TOTALS, UNREADABLE = "row_totals", "row_unreadable"
DAMAGE = {  # lines of files that became no row, which therefore no contract can judge
    FIELDS: (
        "more or fewer fields than columns (an unquoted delimiter or line break in a value, or a cut-off file?)",
        "列数与表头不符（未加引号的分隔符或换行，或文件被截断）",
    ),
    QUOTES: (
        "a quote that is not closed, or text behind a closing quote",
        "引号未闭合，或闭合引号之后仍有文字",
    ),
    ENCODING: (
        "bytes that are no text in the stated encoding",
        "含有不符合所声明编码的字节",
    ),
    TOTALS: (
        "a totals row whose amounts are not those of the rows above it",
        "合计行的金额与其上各行之和不符",
    ),
    UNREADABLE: (
        "a value that the SQL of the extract cannot read",
        "含有抽取语句无法读取的值",
    ),
}

CONFLICT = "key_conflict"


def conflict_rule(key: tuple[str, ...], max_share: float) -> Rule:
    """Rows of one key that were learnt on one day and say different things: no rule tells which is right."""
    named = ", ".join(key)
    names = " AND ".join(f'"{name}" IS NOT NULL' for name in key)
    return Rule(
        name=CONFLICT,
        reject_when=f"false AND {names}",
        en=f"rows of one key ({named}), learnt on one day, contradict each other",
        zh=f"同一主键（{named}）同日获知的记录内容相互矛盾",
        max_share=max_share,
    )
