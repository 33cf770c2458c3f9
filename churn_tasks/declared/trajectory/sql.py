"""The SQL and the declared columns of a ``trajectory.yaml``, for a window of so many months.

One LEFT JOIN a source and month brings a customer's months side by side; everything else is arithmetic on one row, so
nothing is grouped and nothing depends on an order. Of three months::

    WITH months AS (        voice_out_0, voice_out_1, voice_out_2: the latest month first
    ), summed AS (          voice_out_all = voice_out_0 + voice_out_1 + voice_out_2, ...
    ) SELECT                voice_out_0 * 2 / nullif(voice_out_past, 0) AS voice_out_to_past_ratio
"""

import re
import textwrap

from churn_tasks.declared.columns import FeatureColumn
from churn_tasks.declared.contracts import FeatureFile
from churn_tasks.declared.trajectory.file import (
    QUALIFIED,
    WORDS,
    Direction,
    Line,
    Measure,
    TrajectoryFile,
)
from churn_tasks.declared.trajectory.months import NOTHING, PARTS, Months
from churn_tasks.declared.trajectory.patterns import PATTERNS, Pattern
from churn_tasks.declared.trajectory.texts import TEXTS

OPPOSITE: dict[Direction, Direction] = {"up": "down", "down": "up", "none": "none"}
WIDTH = 100  # of a line of SQL
PROFILE = "month_profile"  # where a customer's region stands


def output_of(file: TrajectoryFile) -> FeatureFile:
    """What ``query.yaml`` would declare."""
    required = [table for table in file.tables if table not in file.optional]
    own = [PROFILE] if file.looks_at_regions and PROFILE not in required else []
    return FeatureFile(
        table=file.table,
        key=("customer_id",),
        meaning=file.meaning,
        params=("month", "observe_start", "as_of"),
        reads=("cohort", *required, *own),
        needs=file.needs,
        optional=tuple(table for table in file.optional if table not in own),
        unless=file.unless,
        columns=(
            file.customer,
            *(_column(file, line, name) for line in file.features for name in line.by),
        ),
    )


def sql_of(file: TrajectoryFile, months: int) -> str:
    """What ``query.sql`` would say.

    Args:
        months: of the observe window, at least 1.
    """
    features = [
        f"{_expression(file, line, name, months)} AS {_name(file, line, name)}"
        for line, name in _all(file)
    ]
    used = set(re.findall(r"[a-z_0-9]+", " ".join(features)))
    regional = _regional(file)
    used |= set(re.findall(r"[a-z_0-9]+", " ".join(regional)))
    parts = [f"{made} AS {name}" for name, made in _parts(file, months) if name in used]
    steps = [("months", _months(file, months, used))]
    steps += [("summed", _select(["*", *parts], "FROM months"))] if parts else []
    last = steps[-1][0]
    if regional:
        steps.append(
            (
                "regional",
                _select(
                    ["region_code", *regional], f"FROM {last}", "GROUP BY region_code"
                ),
            )
        )
    joined = (
        [f"LEFT JOIN regional ON regional.region_code = {last}.region_code"]
        if regional
        else []
    )
    final = _select(
        [f"{last}.customer_id" if regional else "customer_id", *features],
        f"FROM {last}",
        *joined,
    )
    common = ",\n\n".join(
        f"{name} AS (\n{_indented(select)}\n)" for name, select in steps
    )
    return f"{_comment(file, months)}\nWITH {common}\n\n{final}\n"


def _all(file: TrajectoryFile) -> list[tuple[Line, str]]:
    return [(line, name) for line in file.features for name in line.by]


def _comment(file: TrajectoryFile, months: int) -> str:
    told = (file.about or f"{file.meaning.en}.").strip().splitlines()
    told.append(
        f"Made of trajectory.yaml for a window of {months} months: _0 is the latest, _{months - 1} the earliest."
    )
    return "\n".join(f"-- {line.strip()}" for line in told)


def _months(file: TrajectoryFile, months: int, used: set[str]) -> str:
    """The values of each measure, month by month; months that no feature asks for are left out."""
    wanted = {
        name
        for name, made in _parts(file, months)
        if name in used
        for name in re.findall(r"[a-z_0-9]+", made)
    }
    columns = ["cohort.customer_id"] + (
        ["profile.region_code"] if file.looks_at_regions else []
    )
    for name, measure in file.measures.items():
        values = [(f"{name}_{ago}", _value(measure, ago)) for ago in range(months)]
        columns += [
            f"{sql} AS {value}" for value, sql in values if value in used | wanted
        ]
    text = " ".join(columns)
    joins = [
        _join(alias, table, ago)
        for alias, table in file.sources.items()
        for ago in range(months)
        if re.search(rf"\b{alias}_{ago}\.", text)
    ]
    if file.looks_at_regions:
        joins.append(_join("profile", PROFILE, 0).replace("profile_0", "profile"))
    return _select(columns, "FROM cohort", *joins, "WHERE cohort.month = $month")


def _value(measure: Measure, ago: int) -> str:
    fill = {"zero": "0", "observe_start": "$observe_start"}.get(measure.empty)
    plain = r"\1_{ago}.\2".replace("{ago}", str(ago))
    return QUALIFIED.sub(f"coalesce({plain}, {fill})" if fill else plain, measure.sql)


def _join(alias: str, table: str, ago: int) -> str:
    name = f"{alias}_{ago}"
    month = "$month" if ago == 0 else f"CAST($month - INTERVAL {ago} MONTH AS DATE)"
    return (
        f"LEFT JOIN {table} AS {name}\n"
        f"    ON {name}.customer_id = cohort.customer_id AND {name}.month = {month}\n"
        f"    AND {name}.month >= $observe_start AND {name}.month < $as_of"
    )


def _parts(file: TrajectoryFile, months: int) -> list[tuple[str, str]]:
    """Every sum and extreme of every measure: its name and its SQL."""
    lines = [_of(file, name, months) for name in file.measures]
    return [(line.part(part), line.made(part)) for line in lines for part in PARTS]


def _regional(file: TrajectoryFile) -> list[str]:
    """Sum and number of the latest month's values in the region, for each measure that is held against it."""
    compared = {line.of for line, name in _all(file) if PATTERNS[name].kind == "region"}
    parts = {"region": "sum", "region_known": "count"}
    return [
        f"{function}({measure}_0) AS {measure}_{part}"
        for measure in file.measures
        for part, function in parts.items()
        if measure in compared
    ]


def _select(columns: list[str], *clauses: str) -> str:
    return "\n".join(
        ["SELECT", "    " + ",\n    ".join(map(_wrapped, columns)), *clauses]
    )


def _wrapped(column: str) -> str:
    """The same column with long lines broken at blanks; what holds a text stays as it is."""
    if "'" in column or "\n" in column:
        return column
    return "\n        ".join(
        textwrap.wrap(column, WIDTH, break_long_words=False, break_on_hyphens=False)
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _of(file: TrajectoryFile, measure: str, months: int) -> Months:
    return Months(measure, months, file.measures[measure].empty == "zero")


def _expression(file: TrajectoryFile, line: Line, name: str, months: int) -> str:
    pattern = PATTERNS[name]
    if months < pattern.months:
        return NOTHING
    first = _of(file, line.of, months)
    return (
        pattern.sql(first, _of(file, line.other, months), line.times)
        if line.other
        else pattern.sql(first)
    )


def _name(file: TrajectoryFile, line: Line, name: str) -> str:
    unit = WORDS[file.measures[line.of].unit]
    return (
        line.name
        or f"{line.of}_{PATTERNS[name].suffix.format(unit=unit, other=line.other)}"
    )


def _column(file: TrajectoryFile, line: Line, name: str) -> FeatureColumn:
    measure, pattern = file.measures[line.of], PATTERNS[name]
    other = file.measures.get(line.other)
    exact = {
        "same": measure.type,
        "exact": "decimal" if measure.type == "decimal" else "double",
    }
    text = TEXTS[name]
    en = text.en.format(m=measure.en, o=other.en if other else "")
    return FeatureColumn(
        name=_name(file, line, name),
        type=exact.get(pattern.type, pattern.type),
        unit=line.unit
        or pattern.unit.format(
            unit=measure.unit, other_unit=other.unit if other else ""
        ),
        family=line.family or measure.family,
        group=line.group or measure.group,
        expect=line.expect or _expected(measure, pattern),
        en=line.en or en[0].upper() + en[1:],
        zh=line.zh or text.zh.format(m=measure.zh, o=other.zh if other else ""),
    )


def _expected(measure: Measure, pattern: Pattern) -> Direction:
    if pattern.expect in ("up", "none"):
        return "none" if measure.expect == "none" else pattern.expect
    return measure.expect if pattern.expect == "same" else OPPOSITE[measure.expect]
