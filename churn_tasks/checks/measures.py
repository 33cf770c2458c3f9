"""What is measured of a table, as SQL expressions, and the bounds each measure must keep."""

from dataclasses import dataclass, field

from churn_tasks.declared.contracts import RawTable, Rule, Table

KINDS = {
    "missing": ("a value that every row needs is missing or blank", "必填字段缺失"),
    "unreadable": (
        "a value cannot be read as its declared type",
        "有字段内容无法按规定类型识别",
    ),
    "outlier": (
        "a value lies outside the stated bounds of its column",
        "有数值超出字段规定的范围",
    ),
    "formula": (
        "a text begins like a formula of a spreadsheet",
        "有文本以电子表格公式开头",
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


def measured_rules(table: RawTable) -> dict[str, Rule]:
    """The rules whose shares are measured, by the name of the measure.

    Rules that every column has by itself are taken together by their kind (``missing``, ``unreadable``, ...), so that a
    check costs little; :func:`rules_behind` tells the columns apart.
    """
    together = [_any_of(kind, rules) for kind, rules in _automatic(table).items()]
    return {f"{rule.name}_share": rule for rule in (*together, *table.rules)}


def rules_behind(table: RawTable, measure: str) -> list[Rule]:
    """The rules of single columns that a measure takes together; none for a rule that the contract declares."""
    return _automatic(table).get(
        measure.removeprefix("any_").removesuffix("_share"), []
    )


def _automatic(table: RawTable) -> dict[str, list[Rule]]:
    declared = {rule.name for rule in table.rules}
    found: dict[str, list[Rule]] = {}
    for rule in table.row_rules:
        if rule.name not in declared:
            found.setdefault(rule.name.rpartition("_")[2], []).append(rule)
    return found


def _any_of(kind: str, rules: list[Rule]) -> Rule:
    en, zh = KINDS.get(
        kind,
        (f"a value breaks the rule {kind!r} of its column", f"有字段违反规则 {kind}"),
    )
    return Rule(
        name=f"any_{kind}",
        reject_when=" OR ".join(f"({rule.reject_when})" for rule in rules),
        en=en,
        zh=zh,
        max_share=min(rule.max_share for rule in rules),
    )


def share(condition: str) -> str:
    """Share of rows for which a condition holds, 0 for a table without rows."""
    return f"coalesce(avg(CASE WHEN {condition} THEN 1.0 ELSE 0.0 END), 0.0)"


REPEATED = Measure(
    "repeated",
    "count(*) - count(DISTINCT customer_id)",
    "Customers listed twice.",
    highest=0,
    zh="重复出现的客户数。",
)


def cohort_suite(before: int | None) -> Suite:
    """Bounds of the population: not empty, each customer once, size like last month's."""
    measures = [
        Measure(
            "rows",
            "count(*)",
            "Customers in the population.",
            lowest=1,
            zh="当月客户群人数。",
        ),
        REPEATED,
    ]
    if before:
        measures.append(
            Measure(
                "size_ratio",
                f"count(*) / {before}.0",
                "Population against last month's.",
                lowest=0.5,
                highest=2.0,
                zh="客户群人数与上月之比。",
            )
        )
    return Suite("cohort", measures)


def feature_suite(table: Table, customers: int) -> Suite:
    """Bounds of one feature table: a row a customer, finite numbers, and not every feature empty."""
    numbers = [column.name for column in table.columns if column.type == "double"]
    infinite = (
        " + ".join(
            f'count(*) FILTER (WHERE isinf("{name}") OR isnan("{name}"))'
            for name in numbers
        )
        or "0"
    )
    filled = " + ".join(
        f'least(count("{c.name}"), 1)' for c in table.columns if c.name != "customer_id"
    )
    return Suite(
        table.table,
        [
            Measure(
                "rows",
                "count(*)",
                "One row a customer of the population.",
                lowest=customers,
                highest=customers,
                zh="客户群中每位客户一行。",
            ),
            REPEATED,
            Measure(
                "not_finite",
                infinite,
                "Values that are infinite or not a number.",
                highest=0,
                zh="无穷大或非数值的取值数。",
            ),
            Measure(
                "filled_features",
                filled,
                "Features that hold at least one value.",
                lowest=1,
                zh="至少有一个取值的特征数。",
            ),
        ],
    )


def list_suite(table: Table, expected_rows: int) -> Suite:
    """Bounds of the warning list: its size, its ranks, its scores, a reason each, and no phone number in clear."""
    texts = [column.name for column in table.columns if column.type == "text"]
    # a token or digest in hexadecimal may hold eleven such digits between two of its letters: letters are no boundary
    number = "(^|[^0-9a-f])1[3-9][0-9]{9}([^0-9a-f]|$)"
    clear = " OR ".join(f"""regexp_matches("{name}", '{number}')""" for name in texts)
    return Suite(
        table.table,
        [
            Measure(
                "rows",
                "count(*)",
                "Size of the list.",
                lowest=expected_rows,
                highest=expected_rows,
                zh="清单人数。",
            ),
            REPEATED,
            Measure(
                "rank_gaps",
                "coalesce(max(rank), 0) - count(DISTINCT rank)",
                "Ranks left out.",
                0,
                0,
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
            Measure(
                "clear_numbers",
                f"count(*) FILTER (WHERE {clear})",
                "Phone numbers in clear.",
                highest=0,
                zh="明文手机号数量。",
            ),
        ],
    )


def measures_sql(suite: Suite, relation: str) -> str:
    """One SELECT that takes all measures of a suite; its columns are ``<table>.<measure>``."""
    columns = ", ".join(
        f'CAST({m.sql} AS DOUBLE) AS "{suite.table}.{m.name}"' for m in suite.measures
    )
    return f"SELECT {columns} FROM {relation}"
