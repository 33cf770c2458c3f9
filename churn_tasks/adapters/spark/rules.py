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
DAYS = {exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIMESTAMPNTZ}
EXACT_MEAN = "DECIMAL(28, 14)"  # Spark keeps four digits more of the mean: 18 behind the point, up to 10^14 before it


def is_date(node: exp.Expr) -> bool:
    return node.is_type(exp.DType.DATE)


def call(name: str, *arguments: exp.Expr | int | str) -> exp.Anonymous:
    """A function of Spark by its name; numbers and texts become literals."""
    given = [
        exp.convert(one) if isinstance(one, (int, str)) else one.copy()
        for one in arguments
    ]
    return exp.Anonymous(this=name, expressions=given)


def cast(node: exp.Expr, kind: str) -> exp.Cast:
    """``CAST(node AS kind)``, the type known to the rules that come after."""
    made = exp.Cast(this=node.copy(), to=exp.DataType.build(kind, dialect="spark"))
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
    if not (is_date(node.this) and is_date(node.expression)):
        return node
    return cast(call("DATEDIFF", node.this, node.expression), "BIGINT")


def date_diff(node: exp.Expr) -> exp.Expr:
    """Boundaries of the unit between two days (31 January to 1 February is a month); Spark counts whole units.

    Raises:
        BadInput: a unit that has no rule.
    """
    start, end, unit = node.expression, node.this, str(node.args["unit"].name).lower()
    per_year = {"year": 1, "quarter": 4, "month": 12}
    if unit == "day":
        return cast(
            call(
                "DATEDIFF",
                *(day if is_date(day) else cast(day, "DATE") for day in (end, start)),
            ),
            "BIGINT",
        )
    if unit not in per_year:
        raise BadInput(
            f"date_diff('{unit}', ...) has no rule for Spark; day, month, quarter and year have"
        )
    return cast(
        exp.paren(exp.Sub(this=_counted(end, unit), expression=_counted(start, unit))),
        "BIGINT",
    )


def _counted(day: exp.Expr, unit: str) -> exp.Expr:
    """Years, quarters or months since the year 0."""
    if unit == "year":
        return call("YEAR", day)
    size = exp.Literal.number({"quarter": 4, "month": 12}[unit])
    return exp.paren(
        exp.Add(
            this=exp.Mul(this=call("YEAR", day), expression=size),
            expression=call(unit.upper(), day),
        )
    )


def to_whole(node: exp.Expr) -> exp.Expr:
    """A cast to an integer rounds, where Spark cuts off: decimals half up, floating numbers half to even.

    Raises:
        BadInput: it is not known what is cast.
    """
    target, source = node.args["to"].this, node.this.type
    if target not in WHOLE - {exp.DType.BOOLEAN}:
        return node
    kind = source.this if source else exp.DType.UNKNOWN
    if kind is exp.DType.UNKNOWN:
        raise BadInput(
            f"the type of {node.this.sql('duckdb')} is not known: cast it before it is cast to an integer"
        )
    if kind in DECIMALS | FLOATING:
        node.set("this", call("ROUND" if kind in DECIMALS else "RINT", node.this))
    return node


def mean(node: exp.Expr) -> exp.Expr:
    """The mean of exact numbers is exact, whatever the order of the rows; Spark would add them up as DOUBLE."""
    kind = node.this.type.this if node.this.type else exp.DType.UNKNOWN
    if kind not in DECIMALS | WHOLE:
        return node
    node.set("this", cast(node.this, EXACT_MEAN))
    whole = node  # with its FILTER and OVER
    while (
        isinstance(whole.parent, (exp.Filter, exp.Window)) and whole.arg_key == "this"
    ):
        whole = whole.parent
    outer = exp.Cast(to=exp.DataType.build("DOUBLE"))
    outer.type = outer.to
    whole.replace(outer)
    outer.set("this", whole)
    return node


def quantile(node: exp.Expr) -> exp.Expr:
    """``quantile_cont(x, q)``, interpolated between neighbours; Spark's name for it is another."""
    return call("PERCENTILE", node.this, node.expression) if node.expression else node


def logarithm(node: exp.Expr) -> exp.Expr:
    """``log`` of one argument is to the base of ten, on Spark to the base of e."""
    base, value = (node.this, node.expression) if node.expression else (None, node.this)
    return call("LOG10", value) if base is None or base.sql() == "10" else node


def day_of_week(node: exp.Expr) -> exp.Expr:
    """0 for Sunday to 6 for Saturday; on Spark 1 to 7."""
    return cast(
        exp.paren(
            exp.Sub(this=call("DAYOFWEEK", node.this), expression=exp.Literal.number(1))
        ),
        "BIGINT",
    )


def iso_day_of_week(node: exp.Expr) -> exp.Expr:
    """1 for Monday to 7 for Sunday; on Spark ``weekday`` counts from 0."""
    return cast(
        exp.paren(
            exp.Add(this=call("WEEKDAY", node.this), expression=exp.Literal.number(1))
        ),
        "BIGINT",
    )


def part_of(node: exp.Expr) -> exp.Expr:
    """``extract(dow from ...)`` and ``extract(isodow from ...)``, like the functions of those names."""
    rule = {
        "DOW": day_of_week,
        "DAYOFWEEK": day_of_week,
        "ISODOW": iso_day_of_week,
    }.get(node.name.upper())
    return rule(exp.DayOfWeek(this=node.expression.copy())) if rule else node


def arg_best(node: exp.Expr) -> exp.Expr:
    """``arg_max`` and ``arg_min`` pass over rows whose value is NULL; Spark's would answer NULL."""
    name = "MAX_BY" if isinstance(node, exp.ArgMax) else "MIN_BY"
    by = exp.If(
        this=exp.Is(this=node.this.copy(), expression=exp.null()),
        true=exp.null(),
        false=node.expression.copy(),
    )
    return call(name, node.this, by)


def unnested(node: exp.Expr) -> exp.Expr:
    """``SELECT f(unnest(list))`` as a source of its own: Spark allows no rows made inside an expression."""
    made = next(
        (one for select in node.expressions for one in select.find_all(exp.Explode)),
        None,
    )
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


RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Div: divide,
    exp.Sub: subtract,
    exp.DateDiff: date_diff,
    exp.Cast: to_whole,
    exp.Avg: mean,
    exp.PercentileCont: quantile,
    exp.Log: logarithm,
    exp.DayOfWeek: day_of_week,
    exp.DayOfWeekIso: iso_day_of_week,
    exp.Extract: part_of,
    exp.ArgMax: arg_best,
    exp.ArgMin: arg_best,
    exp.Select: unnested,
}
