"""Counts everything a month's page shows. Only what was known when the month ran: no later month is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_tasks.core.closed import Text
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import load_question
from churn_tasks.declared.registry import Registry
from churn_tasks.declared.sql_engine import SqlEngine
from churn_tasks.report.content import Bin, Factor, GroupWeight, MonthContent
from churn_tasks.report.outcome import list_outcomes

if TYPE_CHECKING:
    pass

TOP_FACTORS = 6
HEAD_ROWS = 10
FACTOR_MONTHS = 6
TOP_SEGMENTS = 12


def gather(
    engine: SqlEngine, settings: Settings, month: Month, titles: Mapping[str, Text]
) -> MonthContent:
    """Figures of one month.

    Args:
        titles: reason group -> its short title.
    """
    window = settings.calendar.window(month)
    asked = {
        "month": month.start,
        "label_month": settings.calendar.label_month(month).start,
    }
    content = MonthContent(
        settings=settings,
        window=window,
        customers=_count(engine, "cohort", month),
        results=list_outcomes(engine, settings.calendar, month),
        judged=_records(
            engine,
            "out_validation",
            "month <= $month",
            "month, tested_month, candidate",
            asked,
        ),
        churn_by_month=_answer(engine, "churn_by_month", asked),
        segments=_top_segments(_answer(engine, "churn_by_segment", asked)),
        segment_month=str(settings.calendar.label_month(month)),
        kinds=_answer(engine, "churn_by_kind", asked),
        counts=_records(
            engine, "audit_rows", "month = $month", "step, table_name", asked
        ),
        drift=_records(
            engine,
            "drift",
            "month = $month",
            "table_name, relation, column_name",
            asked,
        ),
        standardised=_records(
            engine,
            "standardised",
            "month = $month",
            "table_name, column_name, rule, unmapped",
            asked,
        ),
        treatments=_records(
            engine,
            "treatment",
            "month = $month AND row_count > 0",
            "table_name, column_name, treatment",
            asked,
        ),
        data_docs=_data_docs(settings, month),
    )
    if not _count(engine, "out_warning_list", month):
        return replace(
            content,
            no_list_because=_why_no_list(settings, month, bool(content.customers)),
        )
    return replace(content, **_list_figures(engine, settings, month, titles, asked))


def _list_figures(
    engine: SqlEngine,
    settings: Settings,
    month: Month,
    titles: Mapping[str, Text],
    asked: Mapping[str, date],
) -> dict[str, Any]:
    weights = _answer(engine, "factor_weights", asked)
    bins = {
        int(row["bin"]): int(row["customers"])
        for row in _answer(engine, "score_histogram", asked)
    }
    rows = _records(engine, "out_warning_list", "month = $month", "rank", asked)
    return {
        "list_facts": {
            "customers": len(rows),
            "expected_loss_cny": sum(
                round(row["action_priority"] * 10_000) for row in rows
            )
            / 10_000,
            **{
                name: rows[0][name]
                for name in ("model_name", "model_version", "feature_set")
            },
        },
        "listed": rows[:HEAD_ROWS],
        "levels": {
            level: sum(row["level"] == level for row in rows)
            for level in ("high", "medium", "low")
        },
        "groups": _group_weights(engine.registry, weights, rows, titles),
        "factors": _factors(
            engine, settings, month, [row["feature"] for row in weights]
        ),
        "score_bins": [bins.get(place, 0) for place in range(20)],
    }


def _group_weights(
    registry: Registry,
    weights: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    titles: Mapping[str, Text],
) -> list[GroupWeight]:
    """Contributions added up by reason group, the heaviest first."""
    group_of = {feature.name: feature.group for feature in registry.features}
    sums: dict[str, float] = {}
    for row in weights:
        group = group_of[_catalogued(row["feature"], group_of)]
        sums[group] = sums.get(group, 0.0) + float(row["contribution"])
    everything = sum(sums.values())
    return [
        GroupWeight(
            titles[group],
            value / len(rows),
            value / everything,
            sum(row["reason_1"] == group for row in rows),
        )
        for group, value in sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    ]


def _factors(
    engine: SqlEngine, settings: Settings, month: Month, features: Sequence[str]
) -> list[Factor]:
    """The features that raised the listed scores most, with the share of leavers over their values."""
    known = {
        feature.name: feature
        for feature in engine.registry.features
        if feature.type not in ("text", "date")
    }
    names = list(dict.fromkeys(_catalogued(name, known) for name in features))
    table_of = {
        column.name: query.output.table
        for query in engine.registry.queries["features"]
        for column in query.output.columns
    }
    months = settings.calendar.mature_months(month)[-FACTOR_MONTHS:]
    drawn = [name for name in names if name in known][:TOP_FACTORS] if months else []
    return [
        Factor(name, _short(known[name]), known[name].unit, bins)
        for name in drawn
        if (bins := _bins(engine, table_of[name], name, months))
    ]


def _bins(
    engine: SqlEngine, table: str, column: str, months: Sequence[Month]
) -> list[Bin]:
    engine.views(table, "label")
    observed = engine.frame(
        f'SELECT CAST(f."{column}" AS DOUBLE) AS value, l.churned AND NOT l.left_in_delay AS churned'
        f' FROM "{table}" AS f'
        " INNER JOIN label AS l ON l.customer_id = f.customer_id AND l.month = f.month"
        " WHERE f.month >= $first AND f.month <= $last",
        {"first": months[0].start, "last": months[-1].start},
    )
    with engine.registered("observed", observed):
        rows = engine.ask(load_question("report", "churn_by_bin"), {})
    return [
        Bin(row["lowest"], row["highest"], row["customers"], row["churners"])
        for row in rows
    ]


def _short(feature: FeatureColumn) -> Text:
    """The meaning of a feature without its side remarks, for a heading."""
    return Text(en=feature.en.partition(", ")[0], zh=feature.zh.partition("（")[0])


def _catalogued(name: str, known: Mapping[str, object]) -> str:
    """The catalogue's name of an encoded category ``feature=value``."""
    return name if name in known else name.partition("=")[0]


def _answer(
    engine: SqlEngine, question: str, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    query = load_question("report", question)
    if not set(query.output.reads) <= set(engine.registry.tables):
        return []
    return engine.ask(query, parameters)


def _records(
    engine: SqlEngine, table: str, where: str, order: str, asked: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if table not in engine.registry.tables:
        return []
    engine.views(table)
    return engine.records(
        f'SELECT * FROM "{table}" WHERE {where} ORDER BY {order}',
        {"month": asked["month"]},
    )


def _count(engine: SqlEngine, table: str, month: Month) -> int:
    engine.views(table)
    found = engine.row(
        f'SELECT count(*) AS customers FROM "{table}" WHERE month = $month',
        {"month": month.start},
    )
    return int(found["customers"])


def _top_segments(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest segments of each kind."""
    kinds = sorted({row["kind"] for row in rows})
    return [
        row
        for kind in kinds
        for row in [r for r in rows if r["kind"] == kind][:TOP_SEGMENTS]
    ]


def _data_docs(settings: Settings, month: Month) -> list[str]:
    """Pages of the checks of this month, relative to the folder of the reports."""
    folder = settings.data_docs_dir / str(month)
    pages = sorted(path for path in folder.glob("**/index.html") if path.is_file())
    return [str(Path("..") / page.relative_to(settings.state_dir)) for page in pages]


def _why_no_list(settings: Settings, month: Month, has_cohort: bool) -> Text:
    if not settings.calendar.has_features(month) or not has_cohort:
        first = settings.calendar.first_month + settings.windows.observe - 1
        return Text(
            en=f"History is too short: {first} is the first month with a whole observe window.",
            zh=f"历史数据不足：{first} 起才有完整的观察期。",
        )
    if settings.calendar.tested_month(month) is None:
        return Text(
            en="No month can be tested yet: the truth of a month later than any training month is not in.",
            zh="尚无可供验证的月份：晚于训练月份的真实流失结果还未产生。",
        )
    return Text(
        en="No model was in force this month or its list was not made; see the log of the steps train to check_list.",
        zh="本月没有生效的模型或清单未生成，请查看 train 至 check_list 各步骤的日志。",
    )
