"""What is measured of a table, as SQL expressions, and the bounds each measure must keep."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from churn_tasks.checks.sql_parts import any_of, listed, named, share
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.contracts import RawTable, Rule, Table

KINDS_OF_RULES = {
    "missing": ("a value that every row needs is missing or blank", "必填字段缺失"),
    "unreadable": (
        "a value cannot be read as its declared type",
        "有字段内容无法按规定类型识别",
    ),
    "outlier": (
        "a value lies outside the stated bounds of its column",
        "有数值超出字段规定的范围",
    ),
    "shortened": (
        "a spreadsheet has shortened the number of a customer or record, such as 1.380E+10; export it as text",
        "编号被电子表格缩写（如 1.380E+10），原有位数已丢失，请以文本格式导出",
    ),
}


@dataclass(frozen=True)
class Measure:
    """One figure of one table and month.

    Attributes:
        name: unique within its table.
        sql: an aggregate over the table's rows, never NULL; empty where the figure comes from a profile.
        meaning, zh: what a reader of Data Docs should know.
        lowest, highest: inclusive bounds outside which the month stops; None leaves a side open.
        usual_lowest, usual_highest: inclusive bounds outside which the gate warns.
        learnt_months: accepted months from which bounds were learnt; 0 where all are stated.
        column: the column it is about; empty for the table.
    """

    name: str
    sql: str
    meaning: str
    lowest: float | None = None
    highest: float | None = None
    zh: str = ""
    usual_lowest: float | None = None
    usual_highest: float | None = None
    learnt_months: int = 0
    column: str = ""

    @property
    def may_warn(self) -> bool:
        """Whether there is a bound whose breach is shown and does not stop."""
        return self.usual_lowest is not None or self.usual_highest is not None

    @property
    def may_stop(self) -> bool:
        """Whether there is a bound whose breach stops the month."""
        return self.lowest is not None or self.highest is not None


@dataclass
class Suite:
    """The measures of one table."""

    table: str
    measures: list[Measure] = field(default_factory=list)

    @property
    def figure_names(self) -> list[str]:
        """``<table>.<measure>`` of each measure: under these names the gate is given its figures."""
        return [f"{self.table}.{measure.name}" for measure in self.measures]

    @property
    def has_bounds(self) -> bool:
        """Whether anything is held against bounds at all."""
        return any(measure.may_stop or measure.may_warn for measure in self.measures)


def measured_rules(table: RawTable) -> dict[str, Rule]:
    """The rules whose shares are measured, by the name of the measure.

    Rules that every column has by itself are taken together by their kind (``missing``, ``unreadable``, ...), so that a
    check costs little; :func:`rules_behind` tells the columns apart.
    """
    together = [_together(kind, rules) for kind, rules in _automatic(table).items()]
    return {f"{rule.name}_share": rule for rule in (*together, *table.rules)}


def rules_behind(table: RawTable, measure: str) -> list[Rule]:
    """The rules of single columns that a measure takes together; none for a rule that the contract declares."""
    kind = measure.removeprefix("any_").removesuffix("_share")
    return _automatic(table).get(kind, [])


def _automatic(table: RawTable) -> dict[str, list[Rule]]:
    """The rules that columns have by themselves, by their kind."""
    declared = {rule.name for rule in table.rules}
    by_kind: dict[str, list[Rule]] = {}
    for rule in table.row_rules:
        if rule.name not in declared:
            _, _, kind = rule.name.rpartition("_")
            by_kind.setdefault(kind, []).append(rule)
    return by_kind


def _together(kind: str, rules: list[Rule]) -> Rule:
    """One rule that a row breaks when it breaks any of them."""
    unnamed = (
        f"a value breaks the rule {kind!r} of its column",
        f"有字段违反规则 {kind}",
    )
    en, zh = KINDS_OF_RULES.get(kind, unnamed)
    return Rule(
        name=f"any_{kind}",
        reject_when=any_of(f"({rule.reject_when})" for rule in rules),
        en=en,
        zh=zh,
        max_share=min(rule.max_share for rule in rules),
    )


POPULATION = ("cohort", "size_ratio")  # table and measure
REPEATED = Measure(
    "repeated",
    "count(*) - count(DISTINCT customer_id)",
    "Customers listed twice.",
    highest=0,
    zh="重复出现的客户数。",
)
IN_POPULATION = Measure(
    "rows",
    "count(*)",
    "Customers in the population.",
    lowest=1,
    zh="当月客户群人数。",
)
OF_LIST = (
    Measure(
        "rank_gaps",
        "coalesce(max(rank), 0) - count(DISTINCT rank)",
        "Ranks left out.",
        lowest=0,
        highest=0,
        zh="缺失的名次数。",
    ),
    Measure(
        "score_lowest",
        "coalesce(min(churn_score), 0)",
        "Lowest churn score.",
        lowest=0,
        zh="最低流失倾向评分。",
    ),
    Measure(
        "score_highest",
        "coalesce(max(churn_score), 0)",
        "Highest churn score.",
        highest=1,
        zh="最高流失倾向评分。",
    ),
    Measure(
        "no_score",
        share("churn_score IS NULL"),
        "Rows without a churn score.",
        highest=0,
        zh="没有流失倾向评分的行占比。",
    ),
    Measure(
        "no_reason",
        share("reason_1 IS NULL"),
        "Rows without a reason.",
        highest=0.05,
        zh="没有预警原因的行占比。",
    ),
)
# a token or digest in hexadecimal may hold eleven such digits between two of its letters: letters are no boundary
PHONE_NUMBER = "(^|[^0-9a-f])1[3-9][0-9]{9}([^0-9a-f]|$)"


def cohort_suite(before: int | None, ratio: tuple[float, float]) -> Suite:
    """Bounds of the population: not empty, each customer once, size like last month's.

    Args:
        before: customers of the month before; None where there is nothing to compare with.
        ratio: how many they may be against those.
    """
    measures = [IN_POPULATION, REPEATED]
    if before:
        measures.append(_size_ratio(before, ratio))
    return Suite(POPULATION[0], measures)


def feature_suite(table: Table, customers: int) -> Suite:
    """Bounds of one feature table: a row a customer, finite numbers, and not every feature empty."""
    rows = _rows(
        customers, "One row a customer of the population.", "客户群中每位客户一行。"
    )
    return Suite(table.table, [rows, REPEATED, _not_finite(table), _filled(table)])


def list_suite(table: Table, expected_rows: int) -> Suite:
    """Bounds of the warning list: its size, its ranks, its scores, a reason each, and no phone number in clear."""
    rows = _rows(expected_rows, "Size of the list.", "清单人数。")
    return Suite(table.table, [rows, REPEATED, *OF_LIST, _clear_numbers(table)])


def _rows(expected: int, meaning: str, zh: str) -> Measure:
    """So many rows, not one more or less."""
    return Measure(
        "rows", "count(*)", meaning, lowest=expected, highest=expected, zh=zh
    )


def _size_ratio(before: int, ratio: tuple[float, float]) -> Measure:
    lowest, highest = ratio
    return Measure(
        POPULATION[1],
        f"count(*) / {before}.0",
        "Population against last month's.",
        lowest=lowest,
        highest=highest,
        zh="客户群人数与上月之比。",
    )


def _not_finite(table: Table) -> Measure:
    names = [identifier(c.name) for c in table.columns if c.type == "double"]
    counts = [
        f"count(*) FILTER (WHERE isinf({name}) OR isnan({name}))" for name in names
    ]
    return Measure(
        "not_finite",
        " + ".join(counts) or "0",
        "Values that are infinite or not a number.",
        highest=0,
        zh="无穷大或非数值的取值数。",
    )


def _filled(table: Table) -> Measure:
    """A table of categories alone may be empty: a source need not deliver any of these codes."""
    features = [column for column in table.columns if column.name != "customer_id"]
    has_figures = any(column.type != "text" for column in features)
    names = [identifier(column.name) for column in features]
    return Measure(
        "filled_features",
        " + ".join(f"least(count({name}), 1)" for name in names),
        "Features that hold at least one value.",
        lowest=1 if has_figures else 0,
        zh="至少有一个取值的特征数。",
    )


def _clear_numbers(table: Table) -> Measure:
    shows_number = any_of(_shows_number(table))
    return Measure(
        "clear_numbers",
        f"count(*) FILTER (WHERE {shows_number})",
        "Phone numbers in clear.",
        highest=0,
        zh="明文手机号数量。",
    )


def _shows_number(table: Table) -> Iterator[str]:
    for column in table.columns:
        if column.type == "text":
            yield f"regexp_matches({identifier(column.name)}, {literal(PHONE_NUMBER)})"


def measures_sql(suite: Suite, relation: str) -> str:
    """One SELECT that takes all measures of a suite; its columns are ``<table>.<measure>``."""
    columns = [
        named(f"CAST({measure.sql} AS DOUBLE)", name)
        for measure, name in zip(suite.measures, suite.figure_names, strict=True)
    ]
    return f"SELECT {listed(columns)} FROM {relation}"
