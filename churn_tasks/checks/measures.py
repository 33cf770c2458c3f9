"""What is measured of a table, as SQL expressions, and the bounds each measure must keep."""

from dataclasses import dataclass, field

from churn_tasks.core.contracts import RawTable, Rule, Table


@dataclass(frozen=True)
class Measure:
    """One figure of one table and month.

    Attributes:
        name: unique within its table.
        sql: an aggregate over the table's rows; it must never be NULL.
        lowest, highest: inclusive bounds; None leaves a side open.
        meaning: what a reader of Data Docs should know.
    """

    name: str
    sql: str
    meaning: str
    lowest: float | None = None
    highest: float | None = None


@dataclass
class Suite:
    """The measures of one table."""

    table: str
    measures: list[Measure] = field(default_factory=list)


def missing_rules(table: RawTable) -> list[Rule]:
    """A rule for every required column: rows without it are set aside."""
    return [
        Rule(
            name=f"{column.name}_missing",
            reject_when=f'"{column.name}" IS NULL',
            en=f"{column.name} is missing",
            zh=f"缺少{column.zh}",
        )
        for column in table.columns
        if column.required
    ]


def row_rules(table: RawTable) -> list[Rule]:
    """All row rules of a raw table, missing values first: the order in which a row's reason is found."""
    return [*missing_rules(table), *table.rules]


def measured_rules(table: RawTable) -> dict[str, Rule]:
    """The rules whose shares are measured, by the name of the measure."""
    return {f"{rule.name}_share": rule for rule in (*_any_missing(table), *table.rules)}


def _any_missing(table: RawTable) -> list[Rule]:
    """The missing values of a table as one measure, so that a check costs little; quarantine names the column."""
    if not (missing := missing_rules(table)):
        return []
    names = ", ".join(column.name for column in table.columns if column.required)
    condition = " OR ".join(rule.reject_when for rule in missing)
    text = f"a value is missing in one of {names}"
    return [Rule(name="required_missing", reject_when=condition, en=text, zh="必填字段缺失")]


def share(condition: str) -> str:
    """Share of rows for which a condition holds, 0 for a table without rows."""
    return f"coalesce(avg(CASE WHEN {condition} THEN 1.0 ELSE 0.0 END), 0.0)"


def raw_suite(name: str, table: RawTable, volume_before: int | None) -> Suite:
    """Bounds of one raw table: enough rows, rejected rows within their shares, a volume like last month's.

    Args:
        name: the table as the lake names it.
        volume_before: rows of the month before, or None where there is none.
    """
    measures = [
        Measure("rows", "count(*)", "Rows of the month; an empty delivery stops here.", lowest=table.min_rows),
        *(
            Measure(name, share(rule.reject_when), f"Rows set aside: {rule.en}.", highest=rule.max_share)
            for name, rule in measured_rules(table).items()
        ),
    ]
    if volume_before:
        measures.append(
            Measure(
                "volume_ratio",
                f"count(*) / {volume_before}.0",
                "Rows against the month before.",
                lowest=0.5,
                highest=2.0,
            )
        )
    return Suite(name, measures)


def cohort_suite(before: int | None) -> Suite:
    """Bounds of the population: not empty, each customer once, size like last month's."""
    measures = [
        Measure("rows", "count(*)", "Customers in the population.", lowest=1),
        Measure("repeated", "count(*) - count(DISTINCT customer_id)", "Customers listed twice.", highest=0),
    ]
    if before:
        measures.append(
            Measure("size_ratio", f"count(*) / {before}.0", "Population against last month's.", lowest=0.5, highest=2.0)
        )
    return Suite("cohort", measures)


def feature_suite(table: Table, customers: int) -> Suite:
    """Bounds of one feature table: a row a customer, finite numbers, and not every feature empty."""
    numbers = [column.name for column in table.columns if column.type == "double"]
    infinite = " + ".join(f'count(*) FILTER (WHERE isinf("{name}") OR isnan("{name}"))' for name in numbers) or "0"
    filled = " + ".join(f'least(count("{c.name}"), 1)' for c in table.columns if c.name != "customer_id")
    return Suite(
        table.table,
        [
            Measure("rows", "count(*)", "One row a customer of the population.", lowest=customers, highest=customers),
            Measure("repeated", "count(*) - count(DISTINCT customer_id)", "Customers listed twice.", highest=0),
            Measure("not_finite", infinite, "Values that are infinite or not a number.", highest=0),
            Measure("filled_features", filled, "Features that hold at least one value.", lowest=1),
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
            Measure("rows", "count(*)", "Size of the list.", lowest=expected_rows, highest=expected_rows),
            Measure("repeated", "count(*) - count(DISTINCT customer_id)", "Customers listed twice.", highest=0),
            Measure("rank_gaps", "coalesce(max(rank), 0) - count(DISTINCT rank)", "Ranks left out.", 0, 0),
            Measure("score_lowest", "coalesce(min(churn_score), 0)", "Lowest churn score.", lowest=0),
            Measure("score_highest", "coalesce(max(churn_score), 0)", "Highest churn score.", highest=1),
            Measure("no_score", share("churn_score IS NULL"), "Rows without a churn score.", highest=0),
            Measure("no_reason", share("reason_1 IS NULL"), "Rows without a reason.", highest=0.05),
            Measure("clear_numbers", f"count(*) FILTER (WHERE {clear})", "Phone numbers in clear.", highest=0),
        ],
    )


def measures_sql(suite: Suite, relation: str) -> str:
    """One SELECT that takes all measures of a suite; its columns are ``<table>.<measure>``."""
    columns = ", ".join(f'CAST({m.sql} AS DOUBLE) AS "{suite.table}.{m.name}"' for m in suite.measures)
    return f"SELECT {columns} FROM {relation}"
