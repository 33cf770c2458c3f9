"""What a profile's own SQL may say to Spark: the same rows come of it, or it is refused by name."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from churn_tasks.adapters.spark.dialect import spark_sql
from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.errors import BadInput
from tests.spark.expressions import KINDS, Writer
from tests.spark.lakes import naive_sql
from tests.spark.parity import same

TABLE = {
    "name": "VARCHAR", "n": "BIGINT", "m": "BIGINT", "money": "DECIMAL(18,4)", "fee": "DECIMAL(18,4)",
    "share": "DOUBLE", "rate": "DOUBLE", "day": "DATE", "other_day": "DATE", "moment": "TIMESTAMP", "is_on": "BOOLEAN",
}  # fmt: skip
ROWS = "SELECT {} AS said FROM tricky"
GROUPS = "SELECT {} AS said FROM tricky GROUP BY n % 3"
# a construct, what the refusal says of it, and whether a row or a group is asked
STRANGERS = [
    ("regexp_replace(name, 'a', 'b')", "standard form", ROWS),
    ("regexp_replace(name, '[^0-9]', '', 'g')", "standard form", ROWS),
    ("regexp_matches(name, '\\d')", "standard form", ROWS),
    ("name SIMILAR TO 'a.*'", "standard form", ROWS),
    ("upper(name)", "standard form", ROWS),
    ("name ILIKE 'A%'", "standard form", ROWS),
    ("trim(name)", "write trim", ROWS),
    ("rtrim(name)", "write trim", ROWS),
    ("round(share, 2)", "floor", ROWS),
    ("round(share * n)", "floor", ROWS),
    ("round(money, n)", "written out", ROWS),
    ("CAST(share AS DECIMAL(18, 2))", "floor", ROWS),
    ("CAST(share AS VARCHAR)", "exponent", ROWS),
    ("share || '%'", "cast the others", ROWS),
    ("left(name, -1)", "written out", ROWS),
    ("right(name, -2)", "written out", ROWS),
    ("substr(name, 0, 2)", "start at 1", ROWS),
    ("substr(name, -2)", "written out", ROWS),
    ("TRY_CAST(name AS INTEGER)", "contract read", ROWS),
    ("TRY_CAST('2.7' AS INTEGER)", "contract read", ROWS),
    ("name LIKE 'a!%' ESCAPE '!'", "nothing shows", ROWS),
    ("name LIKE '50\\%'", "backslash", ROWS),
    ("name LIKE name", "written out", ROWS),
    ("money // 2", "floor", ROWS),
    ("least(money * n, money * fee)", "rounded to fit", ROWS),
    ("CASE WHEN is_on THEN money * fee ELSE fee END", "rounded to fit", ROWS),
    ("(money * n) = (money * fee)", "rounded to fit", ROWS),
    ("reverse(name)", "nothing shows", ROWS),
    ("hash(name)", "nothing shows", ROWS),
    ("levenshtein(name, 'ab')", "nothing shows", ROWS),
    ("strftime(day, '%G-%V')", "codes", ROWS),
    ("dayname(day)", "names", ROWS),
    ("extract(epoch FROM moment)", "EPOCH", ROWS),
    ("extract(second FROM moment)", "SECOND", ROWS),
    ("date_trunc('decade', day)", "DECADE", ROWS),
    ("name = n", "text is compared", ROWS),
    ("sign(share)", "CASE WHEN", ROWS),
    ("[n, m][1]", "nothing shows", ROWS),
    ("{'a': n}", "nothing shows", ROWS),
    ("random()", "nothing shows", ROWS),
    ("current_date", "nothing shows", ROWS),
    ("mode(n)", "count them", GROUPS),
    ("median(money)", "DOUBLE", GROUPS),
    ("quantile_cont(fee, 0.25)", "DOUBLE", GROUPS),
    ("median(day)", "DOUBLE", GROUPS),
    ("list(n ORDER BY n)", "order", GROUPS),
    ("array_agg(n)", "order", GROUPS),
    ("string_agg(name, ',')", "order", GROUPS),
    ("sum(n ORDER BY day)", "order", GROUPS),
    ("first(n)", "arg_min", GROUPS),
    ("arg_max(n, day, 2)", "one best value", GROUPS),
    ("max(n, 2)", "one best value", GROUPS),
    ("kurtosis(n)", "formulas", GROUPS),
    ("skewness(share)", "formulas", GROUPS),
    ("corr(n, share)", "NaN", GROUPS),
    ("approx_quantile(n, 0.5)", "formulas", GROUPS),
    ("count_if(is_on)", "FILTER", GROUPS),
    ("count(DISTINCT (n, name))", "DISTINCT", GROUPS),
    ("product(n)", "nothing shows", GROUPS),
    ("n", "other rows", "SELECT {} AS said FROM tricky LIMIT 3"),
    ("n", "row_number", "SELECT DISTINCT ON (name) {} AS said FROM tricky"),
    ("n", "ASOF", "SELECT a.{} AS said FROM tricky AS a ASOF JOIN tricky AS b ON a.day >= b.day"),
    ("n", "one order", "SELECT {} AS said FROM tricky UNION BY NAME SELECT n AS said FROM tricky"),
]  # fmt: skip
# whole queries of every clause that is carried over
QUERIES = [
    "SELECT n, m FROM tricky WHERE m > 1 QUALIFY row_number() OVER (PARTITION BY n ORDER BY day, m, rate) = 1",
    "SELECT k, t FROM (VALUES (1, 'a'), (2, NULL)) AS v(k, t)",
    "SELECT n FROM tricky UNION SELECT m FROM tricky",
    "SELECT n FROM tricky UNION ALL SELECT m FROM tricky",
    "SELECT n FROM tricky EXCEPT SELECT m FROM tricky",
    "SELECT n FROM tricky INTERSECT SELECT m FROM tricky",
    "SELECT DISTINCT name, n % 2 AS odd FROM tricky",
    "SELECT n, rate FROM tricky AS a WHERE EXISTS (SELECT 1 FROM tricky AS b WHERE b.m = a.n)",
    "SELECT n, rate FROM tricky WHERE n IN (SELECT m FROM tricky)",
    "SELECT a.n, a.rate FROM tricky AS a SEMI JOIN (SELECT m FROM tricky) AS b ON b.m = a.n",
    "SELECT a.n, a.rate FROM tricky AS a ANTI JOIN (SELECT m FROM tricky) AS b ON b.m = a.n",
    "SELECT a.n, count(*) AS c FROM tricky AS a CROSS JOIN tricky AS b GROUP BY a.n",
    "SELECT rate, n FROM tricky ORDER BY rate DESC, n LIMIT 7",
    "SELECT name, count(*) AS c FROM tricky GROUP BY name HAVING count(*) > 2",
    "SELECT rate, ntile(3) OVER (ORDER BY rate) AS a, percent_rank() OVER (ORDER BY n) AS b,"
    " cume_dist() OVER (ORDER BY n) AS c, first_value(rate) OVER (ORDER BY rate) AS d,"
    " lead(n, 1) OVER (ORDER BY rate) AS e, lag(n IGNORE NULLS) OVER (ORDER BY rate) AS f,"
    " dense_rank() OVER (ORDER BY name) AS g FROM tricky",
    "SELECT n, stddev(money) AS a, variance(share) AS b, bool_and(is_on) AS c, bit_and(m) AS d, max(name) AS e,"
    " median(rate) AS f, arg_max(rate, (day, m, rate)) AS g, arg_min(rate, (day, rate)) AS h FROM tricky GROUP BY n",
]  # fmt: skip
# SQLGlot alone would hand these over, and Spark would answer: other rows, and no error
SILENT = [
    ("trim(name)", ROWS), ("round(share, 2)", ROWS), ("CAST(share AS VARCHAR)", ROWS), ("left(name, -1)", ROWS),
    ("TRY_CAST('2.7' AS INTEGER)", ROWS), ("money // 2", ROWS), ("hash(name)", ROWS), ("dayname(day)", ROWS),
    ("median(money)", GROUPS), ("kurtosis(n)", GROUPS), ("ln(n)", ROWS),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "query"), STRANGERS)
def test_what_spark_computes_otherwise_is_refused_by_name(
    text: str, said: str, query: str
) -> None:
    with pytest.raises(BadInput, match=f"not carried over to Spark: .*{said}"):
        spark_sql(query.format(text), {}, {"tricky": TABLE})


def test_the_refusal_names_the_construct_and_the_way_out() -> None:
    wanted = r"MODE\(tricky.n\) is not carried over to Spark: .* count them, .*resources.engine: duckdb"
    with pytest.raises(BadInput, match=wanted):
        spark_sql(GROUPS.format("mode(n)"), {}, {"tricky": TABLE})


class Both:
    """Forty random rows on both engines: halves, zeros, wide spaces, ends of months, NULLs."""

    def __init__(self, started: Started, folder: str) -> None:
        self.session = started.session
        kinds = ", ".join(f"{name} {kind}" for name, kind in TABLE.items())
        self.duck = duckdb.connect()
        self.duck.execute(f"CREATE TABLE tricky ({kinds})")
        places = ", ".join("?" for _ in TABLE)
        self.duck.executemany(f"INSERT INTO tricky VALUES ({places})", _rows())
        self.duck.execute(f"COPY tricky TO '{folder}/tricky.parquet'")
        kinds = kinds.replace("VARCHAR", "STRING").replace("TIMESTAMP", "TIMESTAMP_NTZ")
        read = self.session.read.schema(kinds)
        rows = read.parquet(f"file:{folder}/tricky.parquet").coalesce(1)
        rows.createOrReplaceTempView("tricky")

    def columns(self, query: str, translate: Any = None) -> list[tuple[Any, ...]]:
        """What a query says, a tuple for each of its columns; on Spark if a translation is given."""
        if translate is None:
            rows = self.duck.execute(query).fetchall()
        else:
            told = translate(query, {}, {"tricky": TABLE})
            rows = [tuple(row) for row in self.session.sql(told).collect()]
        return list(zip(*rows, strict=True))


def _rows() -> list[tuple[Any, ...]]:
    chance = random.Random(20_240_101)
    rows = []
    for _ in range(40):
        halves = Decimal(chance.randrange(-40, 40)) / 2
        cents = Decimal(chance.randrange(-10_000, 10_000)) / 10_000
        day = date(2023, 12, 1) + timedelta(days=chance.randrange(120))
        row = [
            chance.choice(["a", "b a", "宽\u3000", " it's ", "", "2.7", "中文字"]),
            chance.randrange(-4, 8),
            chance.randrange(1, 5),
            halves,
            cents,
            chance.choice([0.145, 2.5, -0.5, 1e9, 1e-7, 1.005, -3.0, 0.0]),
            chance.random(),
            day,
            date(2024, chance.randrange(1, 13), 28),
            datetime.combine(day, time(chance.randrange(24), 30)),
            chance.random() < 0.5,
        ]
        if chance.random() < 0.3:
            row[chance.randrange(len(row))] = None
        rows.append(tuple(row))
    return rows


@pytest.fixture(scope="module")
def both(started: Started, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    yield Both(started, str(tmp_path_factory.mktemp("constructs")))
    started.session.catalog.dropTempView("tricky")


@pytest.mark.slow
def test_without_the_refusal_other_rows_come_in_silence(both: Both) -> None:
    """Control: each of these is answered by both engines, and the answers part."""
    alike = []
    for text, template in SILENT:
        query = template.format(text) + (" ORDER BY ALL" if template is ROWS else " ORDER BY n % 3")  # fmt: skip
        ours, theirs = both.columns(query), both.columns(query, naive_sql)
        if _parting(ours, theirs) == []:
            alike.append(text)
    assert alike == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_generated_expressions_give_the_same_rows(both: Both, seed: int) -> None:
    """Expressions of everything that is carried over, nested at random; what DuckDB refuses is written anew."""
    texts = _answered(both, Writer(seed))
    said = [f"{text} AS said_{number}" for number, text in enumerate(texts)]
    query = f"SELECT {', '.join(said)} FROM tricky ORDER BY {', '.join(TABLE)}"
    ours, theirs = both.columns(query), both.columns(query, spark_sql)
    parting = _parting(ours, theirs)
    assert {texts[number]: (ours[number], theirs[number]) for number in parting} == {}


@pytest.mark.slow
@pytest.mark.parametrize("query", QUERIES)
def test_whole_queries_give_the_same_rows(both: Both, query: str) -> None:
    ordered = f"SELECT * FROM ({query}) AS asked ORDER BY ALL"
    ours = both.columns(ordered)
    told = spark_sql(query, {}, {"tricky": TABLE})
    theirs = both.columns(told, lambda sql, *_: f"SELECT * FROM ({sql}) AS asked ORDER BY ALL NULLS LAST")  # fmt: skip
    assert len(ours) >= 1
    assert _parting(ours, theirs) == []


def _answered(both: Both, writer: Writer) -> list[str]:
    """Sixty expressions that DuckDB answers with more than NULL."""
    texts: list[str] = []
    while len(texts) < 60:
        kind = writer.chance.choice(KINDS)
        text = writer.expression(kind, depth=3)
        try:
            (said,) = both.columns(f"SELECT {text} AS said FROM tricky")
        except duckdb.Error:
            continue
        if any(value is not None for value in said):
            texts.append(text)
    return texts


def _parting(ours: list[Any], theirs: list[Any]) -> list[int]:
    """Numbers of the columns of which the engines say different things."""
    parting = []
    for number, columns in enumerate(zip(ours, theirs, strict=True)):
        pairs = zip(*columns, strict=True)
        if not all(same(_plain(one), _plain(other)) for one, other in pairs):
            parting.append(number)
    return parting


def _plain(value: Any) -> Any:
    """Whole numbers are equal whatever width they have; decimals whatever zeros follow."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return value
    return Decimal(value).normalize()
