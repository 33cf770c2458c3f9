"""What a query may say to Spark: constructs that give the rows that DuckDB gives. Every other one is refused by name.

A construct stands here only if ``tests/spark`` has shown it on both engines, as it stands or by a rule of ``rules.py``.
What Spark computes otherwise would not fail: it would give other rows in silence (the largest of equally frequent
values, ``trim`` of a wide space, a pattern that another language of patterns reads). So the list says what is known to
be right, and nothing is tried.
"""

from collections.abc import Callable

from sqlglot import exp

from churn_tasks.adapters.spark.rules import DECIMALS, FLOATING, WHOLE, kind_of
from churn_tasks.core.errors import BadInput

Objection = str  # why a construct is not carried over and what to write instead; empty where it is
TEXTS = {exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR}
NUMBERS = WHOLE | FLOATING | DECIMALS
SHOWN = 70  # characters of a construct that an error cites

GRAMMAR: set[type[exp.Expr]] = {
    exp.Select, exp.Subquery, exp.With, exp.CTE, exp.From, exp.Where, exp.Group, exp.Having, exp.Ordered, exp.Qualify,
    exp.Table, exp.TableAlias, exp.Alias, exp.Identifier, exp.Column, exp.Star, exp.Var, exp.DataType,
    exp.DataTypeParam, exp.Paren, exp.Tuple, exp.Intersect, exp.Except, exp.Filter, exp.Window, exp.IgnoreNulls,
    exp.Interval, exp.Values,
}  # fmt: skip
SAME: set[type[exp.Expr]] = {
    exp.Literal, exp.Boolean, exp.Null, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Exists, exp.Nullif,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Abs, exp.Pow, exp.Sqrt, exp.Exp, exp.Ln,
    exp.Floor, exp.Ceil,
    exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.BitwiseOrAgg, exp.BitwiseAndAgg,
    exp.Sum, exp.Avg, exp.AnyValue, exp.LogicalOr, exp.LogicalAnd, exp.Stddev, exp.StddevPop, exp.StddevSamp,
    exp.Variance, exp.VariancePop,
    exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead,
    exp.FirstValue, exp.LastValue,
    exp.Length, exp.StartsWith, exp.Contains,
    exp.DateDiff, exp.Year, exp.Quarter, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.DayOfWeek, exp.DayOfWeekIso,
    exp.DayOfYear, exp.WeekOfYear, exp.LastDay, exp.DateFromParts,
    exp.Explode, exp.GenerateSeries, exp.ArrayMax, exp.Transform, exp.Lambda,
}  # fmt: skip
FUNCTIONS = {"bit_count", "bin"}  # that SQLGlot has no name for
UNITS = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE"}
PARTS = UNITS | {"DOW", "DAYOFWEEK", "ISODOW", "DOY"}
JOINS = {"", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"}
NO_ORDER = "it depends on the order of rows that have none"
PATTERNS = "the engines read patterns by different rules; give the column a standard form in its table's contract"
STATISTICS = "the engines estimate it by different formulas"
SPELLING = "letters outside English differ; give the column a standard form in its table's contract"
UNKNOWN = "nothing shows that Spark gives the same rows for it"
INSTEAD: dict[type[exp.Expr], Objection] = {
    exp.Mode: "of equally frequent values each engine takes another: count them, and take the first by count and value",
    exp.ArrayAgg: NO_ORDER,
    exp.GroupConcat: NO_ORDER,
    exp.First: NO_ORDER + ": write arg_min(value, order)",
    exp.Last: NO_ORDER + ": write arg_max(value, order)",
    exp.CountIf: "of no true row Spark counts 0 where DuckDB may give NULL: write count(*) FILTER (WHERE condition)",
    exp.Kurtosis: STATISTICS,
    exp.Skewness: STATISTICS,
    exp.Corr: "of a single row DuckDB gives NaN and Spark NULL",
    exp.ApproxQuantile: STATISTICS,
    exp.ApproxDistinct: STATISTICS,
    exp.RegexpReplace: PATTERNS,
    exp.RegexpLike: PATTERNS,
    exp.RegexpExtract: PATTERNS,
    exp.RegexpExtractAll: PATTERNS,
    exp.SimilarTo: PATTERNS,
    exp.Glob: PATTERNS,
    exp.ILike: SPELLING,
    exp.Upper: SPELLING,
    exp.Lower: SPELLING,
    exp.Initcap: SPELLING,
    exp.Week: "write weekofyear(day)",
    exp.TryCast: "'2.7' is a number to one engine and NULL to the other: let the table's contract read the column",
    exp.Sign: "it is a whole number to one engine and a DOUBLE to the other: write CASE WHEN value > 0 THEN 1 ...",
    exp.TimeToStr: "the engines know different codes: write year(day) * 100 + month(day)",
    exp.Monthname: "Spark cuts the names off: join a table of names",
    exp.Dayname: "Spark cuts the names off: join a table of names",
}


def refuse_strangers(query: exp.Expr) -> None:
    """Refuse a query that says anything of which it is not known that Spark gives the same rows.

    Args:
        query: typed, and not yet changed by the rules.

    Raises:
        BadInput: names the first such construct, why, and what to write instead.
    """
    for node in query.walk():
        objection = _objection(node)
        if objection:
            said = node.sql("duckdb", comments=False)
            if len(said) > SHOWN:
                said = said[:SHOWN] + "..."
            raise BadInput(
                f"{said} is not carried over to Spark: {objection}. Or set resources.engine: duckdb"
            )


def _objection(node: exp.Expr) -> Objection:
    condition = CONDITIONS.get(type(node))
    if condition:
        return condition(node)
    if type(node) in GRAMMAR or type(node) in SAME:
        return ""
    return INSTEAD.get(type(node), UNKNOWN)


def _function(node: exp.Expr) -> Objection:
    return "" if node.name.lower() in FUNCTIONS else UNKNOWN


def _one_type(node: exp.Expr) -> Objection:
    """Whether the values of which one is taken, or which are compared, fit one type."""
    decimals = [part for part in _values(node) if kind_of(part) in DECIMALS]
    if len(decimals) > 1 and any(map(_is_product, decimals)):
        return "a product of decimals is rounded to fit beside another one: cast each to the DECIMAL that it needs"
    return ""


def _values(node: exp.Expr) -> list[exp.Expr]:
    if not isinstance(node, exp.Case):
        return [part.unnest() for part in node.iter_expressions()]
    values = [branch.args["true"] for branch in node.args["ifs"]]
    if node.args.get("default"):
        values.append(node.args["default"])
    return [value.unnest() for value in values]


def _is_product(node: exp.Expr) -> bool:
    """Whether its places are those of a product: more than either factor has."""
    if isinstance(node, (exp.Neg, exp.Abs)):
        return _is_product(node.this.unnest())
    if isinstance(node, (exp.Add, exp.Sub)):
        return _is_product(node.this.unnest()) or _is_product(node.expression.unnest())
    return isinstance(node, exp.Mul)


def _compared(node: exp.Expr) -> Objection:
    kinds = {kind_of(node.this), kind_of(node.expression)}
    has_literal = isinstance(node.this, exp.Literal) or isinstance(
        node.expression, exp.Literal
    )
    if kinds & TEXTS and kinds & NUMBERS and not has_literal:
        return "a text is compared with a number: cast one of them"
    return _one_type(node)


def _cast(node: exp.Expr) -> Objection:
    given, wanted = kind_of(node.this), node.args["to"].this
    if given in FLOATING and wanted in TEXTS:
        return "Spark writes large and small numbers with an exponent: cast it to DECIMAL where it is made"
    if given in FLOATING and wanted in DECIMALS:
        return "halves are rounded differently: floor(value * 100 + 0.5) / 100 rounds alike"
    if wanted is exp.DType.FLOAT:
        return "write DOUBLE"
    return ""


def _rounded(node: exp.Expr) -> Objection:
    if kind_of(node.this) not in DECIMALS | WHOLE:
        return "halves of a DOUBLE are rounded differently: floor(value * 100 + 0.5) / 100 rounds alike"
    return _literal(node.args.get("decimals"), "places behind the point")


def _literal(node: exp.Expr | None, called: str) -> Objection:
    """Whether a number is written out, and not negative."""
    if node is None or (isinstance(node, exp.Literal) and not node.is_string):
        return ""
    return f"the number of {called} has to be written out, and be 0 or more"


def _whole_division(node: exp.Expr) -> Objection:
    kinds = {kind_of(node.this), kind_of(node.expression)}
    if kinds <= WHOLE:
        return ""
    return "only whole numbers are divided alike by //: write floor(a / b)"


def _logarithm(node: exp.Expr) -> Objection:
    """``log(x)`` is to the base of ten; a base may be written out."""
    if not node.expression or node.this.name in ("2", "10"):
        return ""
    return "only the bases 2 and 10 and e are carried over"


def _substring(node: exp.Expr) -> Objection:
    start, length = node.args.get("start"), node.args.get("length")
    if isinstance(start, exp.Literal) and start.name == "0":
        return "the engines count a start of 0 differently: start at 1"
    return _literal(start, "the first letter") or _literal(length, "letters")


def _end(node: exp.Expr) -> Objection:
    return _literal(node.expression, "letters")


def _trimmed(node: exp.Expr) -> Objection:
    if node.expression:
        return ""
    return "DuckDB takes wide and other spaces away, Spark only narrow ones: write trim(text, ' ')"


def _padded(node: exp.Expr) -> Objection:
    fill = node.args.get("fill_pattern")
    if isinstance(fill, exp.Literal) and len(fill.name) == 1:
        return ""
    return "only one letter that is written out is padded alike"


def _like(node: exp.Expr) -> Objection:
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and "\\" not in pattern.name:
        return ""
    return "only a pattern that is written out, without a backslash, is read alike"


def _constant_text(node: exp.Expr) -> Objection:
    """What a text is searched or split by."""
    sought = node.expression
    if isinstance(sought, exp.Literal) and sought.name:
        return ""
    return "only by a text that is written out"


def _joined_text(node: exp.Expr) -> Objection:
    for part in node.iter_expressions():
        if kind_of(part) not in TEXTS | {exp.DType.NULL}:
            return "only texts are joined alike: cast the others to VARCHAR"
    return ""


def _counted(node: exp.Expr) -> Objection:
    distinct = node.find(exp.Distinct)
    if distinct and isinstance(distinct.expressions[0], exp.Tuple):
        return (
            "pairs with a NULL in them are counted differently: count a SELECT DISTINCT"
        )
    return ""


def _distinct(node: exp.Expr) -> Objection:
    if node.args.get("on"):
        return "write row_number() OVER (PARTITION BY ... ORDER BY ...) = 1"
    return "" if len(node.expressions) <= 1 else UNKNOWN


def _best(node: exp.Expr) -> Objection:
    """``max``, ``min``, ``arg_max`` and ``arg_min`` of one value."""
    if node.args.get("count") or node.expressions:
        return "Spark knows one best value, no list of them: rank the rows"
    return ""


def _quantile(node: exp.Expr) -> Objection:
    if kind_of(node.this) not in FLOATING | WHOLE:
        return (
            "DuckDB cuts off what lies between two decimals or dates: cast it to DOUBLE"
        )
    share = node.expression
    if share and not isinstance(share, exp.Literal):
        return "the share has to be written out"
    return ""


def _truncated(node: exp.Expr) -> Objection:
    unit = node.args["unit"].name.upper()
    return "" if unit in UNITS else f"{unit} is not cut off alike"


def _extracted(node: exp.Expr) -> Objection:
    part = node.name.upper()
    return "" if part in PARTS else f"{part} is not extracted alike"


def _join(node: exp.Expr) -> Objection:
    method, kind = node.text("method"), node.text("kind")
    if not method and kind in JOINS:
        return ""
    return f"Spark knows no {method or kind} JOIN"


def _union(node: exp.Expr) -> Objection:
    return "name the columns in one order" if node.args.get("by_name") else ""


def _ordered(node: exp.Expr) -> Objection:
    """The order of rows or of a window; that of values inside a sum or a list is another thing."""
    if isinstance(node.parent, (exp.Query, exp.Window)):
        return ""
    return "Spark knows no order inside an aggregate: write arg_min(value, order) or rank the rows"


def _frame(node: exp.Expr) -> Objection:
    return UNKNOWN if node.args.get("exclude") else ""


def _limited(node: exp.Expr) -> Objection:
    select = node.parent
    if select is not None and select.args.get("order"):
        return ""
    return "without ORDER BY each engine takes other rows"


CONDITIONS: dict[type[exp.Expr], Callable[[exp.Expr], Objection]] = {
    exp.Anonymous: _function,
    exp.Case: _one_type, exp.If: _one_type, exp.Coalesce: _one_type, exp.Greatest: _one_type, exp.Least: _one_type,
    exp.Between: _one_type, exp.In: _one_type,
    exp.EQ: _compared, exp.NEQ: _compared, exp.LT: _compared, exp.LTE: _compared, exp.GT: _compared, exp.GTE: _compared,
    exp.NullSafeEQ: _compared, exp.NullSafeNEQ: _compared,
    exp.Cast: _cast,
    exp.Round: _rounded,
    exp.IntDiv: _whole_division,
    exp.Log: _logarithm,
    exp.Substring: _substring,
    exp.Left: _end, exp.Right: _end,
    exp.Trim: _trimmed,
    exp.Pad: _padded,
    exp.Like: _like,
    exp.Split: _constant_text, exp.Replace: _constant_text,
    exp.DPipe: _joined_text, exp.Concat: _joined_text,
    exp.Count: _counted,
    exp.Distinct: _distinct,
    exp.Max: _best, exp.Min: _best, exp.ArgMax: _best, exp.ArgMin: _best,
    exp.Median: _quantile, exp.PercentileCont: _quantile,
    exp.TimestampTrunc: _truncated, exp.DateTrunc: _truncated,
    exp.Extract: _extracted,
    exp.Join: _join,
    exp.Union: _union,
    exp.Order: _ordered,
    exp.WindowSpec: _frame,
    exp.Limit: _limited,
}  # fmt: skip
