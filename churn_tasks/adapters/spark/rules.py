"""What means something else on Spark, said so that it means what it does on DuckDB.

Each rule takes a typed node of a query (what is inside it is translated already) and gives the node that Spark is
told. Settings of the session do the rest (``session.py``): casts that fail instead of giving NULL, timestamps without
a time zone, products of decimals that keep their scale.
"""

from collections.abc import Callable

from sqlglot import exp

from churn_tasks.core.errors import BadInput

WHOLE = {
    exp.DType.TINYINT,
    exp.DType.SMALLINT,
    exp.DType.INT,
    exp.DType.BIGINT,
    exp.DType.INT128,
    exp.DType.BOOLEAN,
}
FLOATING = {exp.DType.DOUBLE, exp.DType.FLOAT}
DECIMALS = {exp.DType.DECIMAL}
PER_YEAR = {"year": 1, "quarter": 4, "month": 12}
ONE = exp.Literal.number(1)
EXACT_MEAN = "DECIMAL(28, 14)"  # Spark keeps four digits more of the mean: 18 behind the point, up to 10^14 before it
AROUND_AGGREGATE = (exp.Filter, exp.Window)


def is_date(node: exp.Expr) -> bool:
    return node.is_type(exp.DType.DATE)


def call(name: str, *arguments: exp.Expr | int | str) -> exp.Anonymous:
    """A function of Spark by its name; numbers and texts become literals."""
    return exp.Anonymous(this=name, expressions=list(map(_argument, arguments)))


def _argument(given: exp.Expr | int | str) -> exp.Expr:
    if isinstance(given, (int, str)):
        return exp.convert(given)
    return given.copy()


def cast(node: exp.Expr, kind: str) -> exp.Cast:
    """``CAST(node AS kind)``, the type known to the rules that come after."""
    target = exp.DataType.build(kind, dialect="spark")
    made = exp.Cast(this=node.copy(), to=target)
    made.type = made.to
    return made


def divide(node: exp.Expr) -> exp.Expr:
    """``/`` is done in DOUBLE: Spark would divide decimals as decimals, and round them."""
    made = exp.Div(
        this=cast(node.this.unnest(), "DOUBLE"),
        expression=cast(node.expression.unnest(), "DOUBLE"),
    )
    made.type = exp.DataType.build("DOUBLE")
    return made


def subtract(node: exp.Expr) -> exp.Expr:
    """A date less a date is a number of days, where Spark gives an interval."""
    if is_date(node.this) and is_date(node.expression):
        return cast(call("DATEDIFF", node.this, node.expression), "BIGINT")
    return moved(node)


def moved(node: exp.Expr) -> exp.Expr:
    """A date and an interval make a TIMESTAMP, on Spark a date again."""
    if is_date(node.this) and isinstance(node.expression, exp.Interval):
        return cast(node, "TIMESTAMP_NTZ")
    return node


def date_diff(node: exp.Expr) -> exp.Expr:
    """Boundaries of the unit between two days (31 January to 1 February is a month); Spark counts whole units.

    Raises:
        BadInput: a unit that has no rule.
    """
    start, end = node.expression, node.this
    unit = str(node.args["unit"].name).lower()
    if unit == "day":
        return cast(call("DATEDIFF", _as_date(end), _as_date(start)), "BIGINT")
    if unit not in PER_YEAR:
        raise BadInput(
            f"date_diff('{unit}', ...) has no rule for Spark; day, month, quarter and year have"
        )
    before, after = _counted(start, unit), _counted(end, unit)
    difference = exp.Sub(this=after, expression=before)
    return cast(exp.paren(difference), "BIGINT")


def _as_date(day: exp.Expr) -> exp.Expr:
    return day if is_date(day) else cast(day, "DATE")


def _counted(day: exp.Expr, unit: str) -> exp.Expr:
    """Years, quarters or months since the year 0."""
    year = call("YEAR", day)
    if unit == "year":
        return year
    size = exp.Literal.number(PER_YEAR[unit])
    of_years = exp.Mul(this=year, expression=size)
    within = call(unit.upper(), day)
    return exp.paren(exp.Add(this=of_years, expression=within))


def cut_off(node: exp.Expr) -> exp.Expr:
    """``date_trunc`` gives a TIMESTAMP also of a date, Spark a date."""
    return cast(node, "TIMESTAMP_NTZ")


def to_whole(node: exp.Expr) -> exp.Expr:
    """A cast to an integer rounds, where Spark cuts off: decimals half up, floating numbers half to even.

    Raises:
        BadInput: it is not known what is cast.
    """
    if node.args["to"].this not in WHOLE - {exp.DType.BOOLEAN}:
        return node
    kind = kind_of(node.this)
    if kind is exp.DType.UNKNOWN:
        raise BadInput(
            f"the type of {node.this.sql('duckdb')} is not known: cast it before it is cast to an integer"
        )
    if kind in DECIMALS:
        node.set("this", call("ROUND", node.this))
    if kind in FLOATING:
        node.set("this", call("RINT", node.this))
    return node


def kind_of(node: exp.Expr) -> exp.DType:
    """The type of an expression, as far as it is known."""
    return node.type.this if node.type else exp.DType.UNKNOWN


def mean(node: exp.Expr) -> exp.Expr:
    """The mean of exact numbers is exact, whatever the order of the rows; Spark would add them up as DOUBLE."""
    if kind_of(node.this) not in DECIMALS | WHOLE:
        return node
    node.set("this", cast(node.this, EXACT_MEAN))
    whole = node  # with its FILTER and OVER
    while whole.arg_key == "this" and isinstance(whole.parent, AROUND_AGGREGATE):
        whole = whole.parent
    outer = exp.Cast(to=exp.DataType.build("DOUBLE"))
    outer.type = outer.to
    whole.replace(outer)
    outer.set("this", whole)
    return node


def asserted(node: exp.Expr) -> exp.Expr:
    """``x BETWEEN 1 AND 2 IS TRUE``: Spark reads what stands before ``IS`` only up to the nearest word."""
    if not isinstance(node.this, (exp.Column, exp.Paren)):
        node.set("this", exp.paren(node.this))
    return node


def quantile(node: exp.Expr) -> exp.Expr:
    """``quantile_cont(x, q)``, interpolated between neighbours; Spark's name for it is another."""
    if not node.expression:
        return node
    return call("PERCENTILE", node.this, node.expression)


def logarithm(node: exp.Expr) -> exp.Expr:
    """``log`` of one argument is to the base of ten, on Spark to the base of e."""
    if not node.expression:
        return _of_any_number("LOG10", node.this)
    base, value = node.this, node.expression
    return _of_any_number("LOG10" if base.name == "10" else "LOG2", value)


def natural_logarithm(node: exp.Expr) -> exp.Expr:
    return _of_any_number("LN", node.this)


def _of_any_number(name: str, value: exp.Expr) -> exp.Expr:
    """A logarithm that is -Infinity for 0 and NaN below it, where Spark gives NULL."""
    zero = exp.Literal.number(0)
    made = exp.Case()
    made = made.when(exp.GT(this=value.copy(), expression=zero), call(name, value))
    made = made.when(exp.EQ(this=value.copy(), expression=zero.copy()), _floating("-Infinity"))  # fmt: skip
    made = made.when(exp.LT(this=value.copy(), expression=zero.copy()), _floating("NaN"))  # fmt: skip
    made.type = exp.DataType.build("DOUBLE")
    return made


def _floating(value: str) -> exp.Cast:
    return cast(exp.Literal.string(value), "DOUBLE")


def stepped(node: exp.Expr) -> exp.Expr:
    """``floor`` and ``ceil`` of a DOUBLE stay a DOUBLE; Spark makes a BIGINT of it, which ends at 9.2e18."""
    if kind_of(node.this) not in FLOATING:
        return node
    is_small = exp.LT(this=call("ABS", node.this), expression=_floating("1e15"))
    made = exp.Case().when(exp.paren(is_small), cast(node, "DOUBLE"))
    made = made.else_(node.this.copy())  # it has no fraction any more
    made.type = exp.DataType.build("DOUBLE")
    return made


def day_of_week(node: exp.Expr) -> exp.Expr:
    """0 for Sunday to 6 for Saturday; on Spark 1 to 7."""
    number = call("DAYOFWEEK", node.this)
    less_one = exp.Sub(this=number, expression=ONE.copy())
    return cast(exp.paren(less_one), "BIGINT")


def iso_day_of_week(node: exp.Expr) -> exp.Expr:
    """1 for Monday to 7 for Sunday; on Spark ``weekday`` counts from 0."""
    number = call("WEEKDAY", node.this)
    and_one = exp.Add(this=number, expression=ONE.copy())
    return cast(exp.paren(and_one), "BIGINT")


def part_of(node: exp.Expr) -> exp.Expr:
    """``extract(dow from ...)`` and ``extract(isodow from ...)``, like the functions of those names."""
    rule = PARTS.get(node.name.upper())
    if rule is None:
        return node
    return rule(exp.DayOfWeek(this=node.expression.copy()))


PARTS = {"DOW": day_of_week, "DAYOFWEEK": day_of_week, "ISODOW": iso_day_of_week}


def arg_best(node: exp.Expr) -> exp.Expr:
    """``arg_max`` and ``arg_min`` pass over rows whose value is NULL; Spark's would answer NULL."""
    name = "MAX_BY" if isinstance(node, exp.ArgMax) else "MIN_BY"
    by = exp.If(
        this=_is_null(node.this), true=exp.null(), false=_nulls_last(node.expression)
    )
    return call(name, node.this, by)


def _nulls_last(by: exp.Expr) -> exp.Expr:
    """An order by several values in which a NULL comes after every value; on Spark it comes before."""
    if not isinstance(by, exp.Tuple):
        return by.copy()
    parts = []
    for value in by.expressions:
        parts += [_is_null(value), value.copy()]
    return exp.Tuple(expressions=parts)


def _is_null(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=value.copy(), expression=exp.null())


def unnested(node: exp.Expr) -> exp.Expr:
    """``SELECT f(unnest(list))`` as a source of its own: Spark allows no rows made inside an expression."""
    inside = [select.find(exp.Explode) for select in node.expressions]
    made = next(filter(None, inside), None)
    if made is None:
        return node
    source = exp.Explode(this=made.this.copy())
    alias = exp.TableAlias(
        this=exp.to_identifier("unnested"), columns=[exp.to_identifier("each")]
    )
    made.replace(exp.column("each", table="unnested"))
    if node.args.get("from_"):
        node.append("laterals", exp.Lateral(this=source, view=True, alias=alias))
    else:
        node.set("from_", exp.From(this=exp.Table(this=source, alias=alias)))
    return node


Rule = Callable[[exp.Expr], exp.Expr]
RULES: dict[type[exp.Expr], Rule] = {
    exp.Div: divide,
    exp.Sub: subtract,
    exp.Add: moved,
    exp.DateDiff: date_diff,
    exp.TimestampTrunc: cut_off,
    exp.DateTrunc: cut_off,
    exp.Cast: to_whole,
    exp.Avg: mean,
    exp.Is: asserted,
    exp.PercentileCont: quantile,
    exp.Log: logarithm,
    exp.Ln: natural_logarithm,
    exp.Floor: stepped,
    exp.Ceil: stepped,
    exp.DayOfWeek: day_of_week,
    exp.DayOfWeekIso: iso_day_of_week,
    exp.Extract: part_of,
    exp.ArgMax: arg_best,
    exp.ArgMin: arg_best,
    exp.Select: unnested,
}
