"""Each rule of the translation on values chosen to be tricky, both engines side by side; without the rule they part."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from churn_tasks.adapters.spark.dialect import spark_sql
from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.errors import BadInput
from tests.spark.lakes import naive_sql
from tests.spark.parity import same

PySparkException = pytest.importorskip(
    "pyspark.errors", reason="PySpark is not installed"
).PySparkException

TABLE = {
    "name": "VARCHAR", "n": "BIGINT", "money": "DECIMAL(18,4)", "share": "DOUBLE", "day": "DATE", "moment": "TIMESTAMP",
    "is_on": "BOOLEAN",
}  # fmt: skip
ROWS = [
    (
        "a",
        7,
        Decimal("2.5000"),
        2.5,
        date(2024, 1, 31),
        datetime.fromisoformat("2024-01-31 23:59:59"),
        True,
    ),
    (
        "a",
        2,
        Decimal("-0.5000"),
        -0.5,
        date(2024, 2, 29),
        datetime.fromisoformat("2024-02-29 00:00:00"),
        False,
    ),
    (
        "b",
        -3,
        Decimal("10000.3333"),
        1e-3,
        date(2023, 12, 31),
        datetime.fromisoformat("2023-12-31 06:30:00"),
        None,
    ),
    (
        "b",
        1,
        Decimal("0.0100"),
        3.5,
        date(2024, 1, 7),
        datetime.fromisoformat("2024-01-07 12:00:00"),
        True,
    ),
    (None, None, None, None, None, None, None),
    (
        "it's \\ 中",
        60,
        Decimal("99999.9999"),
        1e9,
        date(2024, 4, 1),
        datetime.fromisoformat("2024-04-01 01:02:03"),
        True,
    ),
]
GIVEN = {
    "as_of": date(2024, 4, 1),
    "days": 30,
    "rate": 0.1,
    "text": "it's \\ 中",
    "exact": Decimal("0.25"),
}

# what a query may say; and whether SQLGlot without our rules says the same on Spark
EXPRESSIONS = {
    "n / 2": True, "money / 3": False, "money / n": False, "0.95 / 1.008": False, "1 / (1 + 0.008)": False,
    "money * money": True, "money * n / 60": False, "share / nullif(n, 0)": True,
    "day - DATE '2024-01-01'": False, "$as_of - day": False, "($as_of - day) * ($as_of - day)": False,
    "date_diff('month', day, $as_of)": False, "date_diff('year', day, $as_of)": False,
    "date_diff('quarter', day, $as_of)": False,
    "date_diff('day', day, $as_of)": True, "date_diff('day', moment, TIMESTAMP '2024-02-29 00:30:00')": False,
    "CAST(money AS INTEGER)": False, "CAST(share AS BIGINT)": False, "CAST(money / 7 AS BIGINT)": False,
    "CAST(is_on AS INTEGER)": True, "CAST(n AS VARCHAR)": True, "CAST(money AS DOUBLE)": True,
    "log(abs(share) + 1)": False, "log10(abs(share) + 1)": True, "ln(abs(share) + 1)": True, "power(share, 2)": True,
    "dayofweek(day)": False, "isodow(day)": False, "extract(dow FROM day)": False, "extract(isodow FROM day)": False,
    "year(day) * 100 + month(day)": True, "hour(moment)": True, "day + INTERVAL 1 MONTH > $as_of": True,
    "CAST(day + INTERVAL 1 MONTH AS DATE)": True, "CAST(date_trunc('month', day) AS DATE)": True,
    "greatest(n, 3)": True, "least(money, 1)": True, "n // 2": True, "n % 4": True, "round(money, 1)": True,
    "name IS DISTINCT FROM 'a'": True, "is_on IS NOT TRUE": True, "name = $text": True, "share > $rate": True,
    "money * $exact": True, "n > $days": True, "substr(name, 1, 1)": True, "length(name)": True,
    "name || 'x'": True, "name LIKE '%a'": True, "bit_count(CAST(abs(coalesce(n, 0)) AS INTEGER))": True,
    "CASE WHEN is_on THEN money ELSE 0 END": True, "coalesce(money, 0) + 1": True,
    "rank() OVER (ORDER BY money DESC)": True, "rank() OVER (ORDER BY day)": True,
    "lag(day) OVER (ORDER BY day, n)": True, "day - lag(day) OVER (ORDER BY day, n)": False,
}  # fmt: skip
SUMS = {
    "sum(money)": True, "sum(n) / 60": True, "avg(money)": False, "avg(n)": True,
    "count(*) FILTER (WHERE is_on)": True, "count(DISTINCT name)": True, "sum(CASE WHEN is_on THEN n ELSE 0 END)": True,
    "arg_min(is_on, day)": False, "arg_min(money, (day, n))": True, "bool_or(is_on)": True,
    "max(day) - min(day)": False,
    "bit_or(CAST(1 AS INTEGER) << CAST(day(day) - 1 AS INTEGER))": True, "any_value(name)": True,
    "max(is_on)": True, "median(share)": True, "quantile_cont(share, 0.25)": False,
    "avg(money) FILTER (WHERE n > 1)": False,
}  # fmt: skip
GROUPS = [
    ("SELECT {} FROM tricky ORDER BY day NULLS LAST", EXPRESSIONS),
    ("SELECT {} FROM tricky GROUP BY name ORDER BY name NULLS LAST", SUMS),
]
PARTS = (
    (1, "= 7"),
    (2, "< 7"),
    (3, "IN (1, 2, 60)"),
)  # sources that share some keys and not others
Translation = Callable[[str, dict[str, Any], Any], str]


class Both:
    """The same small table on both engines."""

    def __init__(self, started: Started) -> None:
        self.session = started.session
        kinds = ", ".join(f"{name} {kind}" for name, kind in TABLE.items())
        self.duck = duckdb.connect()
        self.duck.execute(f"CREATE TABLE tricky ({kinds})")
        self.duck.executemany("INSERT INTO tricky VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
        spark_kinds = kinds.replace("VARCHAR", "STRING").replace(
            "TIMESTAMP", "TIMESTAMP_NTZ"
        )
        self.session.createDataFrame(ROWS, spark_kinds).createOrReplaceTempView(
            "tricky"
        )

    def ours(self, sql: str) -> list[tuple[Any, ...]]:
        given = {name: value for name, value in GIVEN.items() if f"${name}" in sql}
        return [
            tuple(map(_plain, row)) for row in self.duck.execute(sql, given).fetchall()
        ]

    def theirs(
        self, sql: str, translate: Translation = spark_sql
    ) -> list[tuple[Any, ...]]:
        return [
            tuple(map(_plain, row))
            for row in self.session.sql(
                translate(sql, GIVEN, {"tricky": TABLE})
            ).collect()
        ]

    def parting(
        self,
        template: str,
        expressions: Iterable[str],
        translate: Translation = spark_sql,
    ) -> dict[str, Any]:
        """The expressions of which the engines say different things, with what they say."""
        listed = list(expressions)
        sql = template.format(
            ", ".join(f"{text} AS said_{number}" for number, text in enumerate(listed))
        )
        ours, theirs = (
            list(zip(*rows, strict=True))
            for rows in (self.ours(sql), self.theirs(sql, translate))
        )
        said = zip(listed, ours, theirs, strict=True)
        return {
            text: (a, b)
            for text, a, b in said
            if not all(same(x, y) for x, y in zip(a, b, strict=True))
        }


def _plain(value: Any) -> Any:
    """Whole numbers are equal whatever width they have; decimals whatever zeros follow."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return value
    return Decimal(value).normalize()


@pytest.fixture(scope="module")
def both(started: Started) -> Iterator[Both]:
    yield Both(started)
    started.session.catalog.dropTempView("tricky")


@pytest.mark.slow
@pytest.mark.parametrize(("template", "said"), GROUPS, ids=["of rows", "of groups"])
def test_both_engines_say_the_same(
    both: Both, template: str, said: dict[str, bool]
) -> None:
    assert len(said) >= 15
    assert both.parting(template, said) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("template", "said"), GROUPS, ids=["of rows", "of groups"])
def test_each_rule_is_needed(both: Both, template: str, said: dict[str, bool]) -> None:
    """Control: without the rules, every expression marked False parts the engines or is refused by Spark."""
    assert (
        both.parting(template, (text for text in said if said[text]), naive_sql) == {}
    )
    assert {
        text
        for text in said
        if not said[text] and _says_the_same_naively(both, template, text)
    } == set()


def _says_the_same_naively(both: Both, template: str, text: str) -> bool:
    try:
        return both.parting(template, [text], naive_sql) == {}
    except PySparkException:
        return False


@pytest.mark.slow
def test_a_row_for_each_month_of_a_series(both: Both) -> None:
    sql = (
        "WITH observed AS (SELECT CAST(unnest(generate_series(DATE '2023-11-01', $as_of, INTERVAL 1 MONTH)) AS DATE)"
        " AS month) SELECT month FROM observed ORDER BY month"
    )
    assert both.ours(sql) == both.theirs(sql)
    assert len(both.ours(sql)) == 6


@pytest.mark.slow
def test_full_joins_by_the_same_column_keep_one_row_a_key(both: Both) -> None:
    """Who is in the second and third source alone is one row; SQLGlot's own expansion makes two."""
    parts = [
        f"(SELECT n AS k, n + {add} AS v{add} FROM tricky WHERE n {which}) AS p{add}"
        for add, which in PARTS
    ]
    joined = " FULL JOIN ".join(
        (parts[0], f"{parts[1]} USING (k)", f"{parts[2]} USING (k)")
    )
    sql = f"SELECT k, v1, v2, v3 FROM {joined} ORDER BY k"
    assert both.ours(sql) == both.theirs(sql)
    assert len(both.ours(sql)) == 5


@pytest.mark.slow
def test_inner_names_may_come_twice(both: Both) -> None:
    """Composed label queries hold the same event twice, each with a WITH of its own."""
    inner = "WITH day AS (SELECT n FROM tricky), total AS (SELECT sum(n) + {} AS n FROM day) SELECT n FROM total"
    parts = " UNION ALL ".join(
        f"SELECT each.n FROM ({inner.format(number)}) AS each" for number in (1, 2)
    )
    sql = f"WITH day AS (SELECT 5 AS n) {parts} UNION ALL SELECT n FROM day ORDER BY n"
    assert both.ours(sql) == both.theirs(sql) == [(5,), (68,), (69,)]


def test_what_has_no_rule_is_refused_with_its_name() -> None:
    for sql, named in (
        ("SELECT date_diff('hour', moment, moment) FROM tricky", "date_diff.'hour'"),
        ("SELECT nothing FROM tricky", "nothing"),
        ("SELECT $unknown AS x FROM tricky", "unknown"),
        ("SELECT FROM WHERE", "cannot be carried over"),
    ):
        with pytest.raises(BadInput, match=named):
            spark_sql(sql, {}, {"tricky": TABLE})


def test_text_given_as_a_parameter_stays_text() -> None:
    """Whatever is in it, it ends up as one literal."""
    sql = spark_sql(
        "SELECT name = $text AS x FROM tricky",
        {"text": "a' OR 1=1 -- \\"},
        {"tricky": TABLE},
    )
    assert (
        sql == "SELECT tricky.name = 'a\\' OR 1=1 -- \\\\' AS x FROM tricky AS tricky"
    )
