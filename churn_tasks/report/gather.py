"""Counts everything a month's page shows. Only what was known when the month ran: no later month is asked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from churn_tasks.core.closed import Text
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.labels.query import signs_without_a_day
from churn_tasks.declared.query import load_question
from churn_tasks.declared.registry import Registry
from churn_tasks.declared.sql_engine import SqlEngine
from churn_tasks.declared.triggers import trigger_words
from churn_tasks.report.content import (
    LEVELS,
    SCORE_BINS,
    Bin,
    Factor,
    GroupWeight,
    MonthContent,
    TriggerCount,
)
from churn_tasks.report.outcome import list_outcomes
from churn_tasks.report.reason_shares import reason_shares
from churn_tasks.report.trigger_outcome import of_all_months, trigger_outcomes

TOP_FACTORS = 6
HEAD_ROWS = 10
FACTOR_MONTHS = 6
TOP_SEGMENTS = 12
OF_MONTH = "month = $month"
Row = dict[str, Any]


@dataclass(frozen=True)
class MonthTables:
    """The lake as the page of one month asks it."""

    engine: SqlEngine
    settings: Settings
    month: Month

    @cached_property
    def label_month(self) -> Month:
        """The latest month whose truth is in."""
        return self.settings.calendar.label_month(self.month)

    def answer(self, question: str) -> list[Row]:
        """The answer of a query folder; nothing where the profile has not all that it reads."""
        query = load_question("report", question)
        if not set(query.output.reads) <= set(self.engine.registry.tables):
            return []
        dates = {"month": self.month.start, "label_month": self.label_month.start}
        return self.engine.ask(query, dates)

    def rows(self, table: str, order: str, where: str = OF_MONTH) -> list[Row]:
        """Rows of a table, by default those of the month; nothing where the profile has no such table."""
        if table not in self.engine.registry.tables:
            return []
        self.engine.views(table)
        sql = f"SELECT * FROM {identifier(table)} WHERE {where} ORDER BY {order}"
        return self.engine.records(sql, {"month": self.month.start})

    def count(self, table: str) -> int:
        """Rows of the month."""
        self.engine.views(table)
        sql = f"SELECT count(*) AS customers FROM {identifier(table)} WHERE {OF_MONTH}"
        counted = self.engine.row(sql, {"month": self.month.start})
        return int(counted["customers"])


def gather(
    engine: SqlEngine, settings: Settings, month: Month, titles: Mapping[str, Text]
) -> MonthContent:
    """Figures of one month.

    Args:
        titles: reason group -> its short title.
    """
    tables = MonthTables(engine, settings, month)
    content = _content(tables)
    if tables.count("out_warning_list"):
        return replace(content, **_list_figures(tables, titles))
    has_cohort = bool(content.customers)
    return replace(content, no_list_because=_why_no_list(settings, month, has_cohort))


def _content(tables: MonthTables) -> MonthContent:
    """What every month has, with or without a list."""
    settings, month = tables.settings, tables.month
    return MonthContent(
        settings=settings,
        window=settings.calendar.window(month),
        customers=tables.count("cohort"),
        results=list_outcomes(tables.engine, settings, month),
        undated=signs_without_a_day(settings),
        judged=tables.rows(
            "out_validation", "month, tested_month, candidate", "month <= $month"
        ),
        watched=tables.rows(
            "model_watch", "month, subject, measure", "month <= $month"
        ),
        triggers=_triggers(tables),
        trigger_results=of_all_months(trigger_outcomes(tables.engine, settings, month)),
        trigger_words=trigger_words(settings),
        churn_by_month=tables.answer("churn_by_month"),
        segments=_top_segments(tables.answer("churn_by_segment")),
        segment_month=str(tables.label_month),
        kinds=tables.answer("churn_by_kind"),
        tenths=tables.answer("reliability"),
        counts=tables.rows("audit_rows", "step, table_name"),
        drift=tables.rows("drift", "table_name, relation, column_name"),
        standardised=tables.rows(
            "standardised", "table_name, column_name, rule, unmapped"
        ),
        treatments=tables.rows(
            "treatment",
            "table_name, column_name, treatment",
            "month = $month AND row_count > 0",
        ),
        data_docs=_data_docs(settings, month),
    )


def _list_figures(tables: MonthTables, titles: Mapping[str, Text]) -> dict[str, Any]:
    """What a month with a list has besides."""
    weights = tables.answer("factor_weights")
    listed = tables.rows("out_warning_list", "rank")
    levels = [row["level"] for row in listed]
    registry = tables.engine.registry
    return {
        "list_facts": _list_facts(listed),
        "listed": listed[:HEAD_ROWS],
        "titles": titles,
        "arms": _arms(listed),
        "drawn": _arms(_drawn(listed)),
        "levels": {level: levels.count(level) for level in LEVELS},
        "groups": _group_weights(registry, weights, listed, titles),
        "reasons": reason_shares(
            listed, tables.rows("score_cause", "customer_id, cause"), titles
        ),
        "factors": _factors(tables, [row["feature"] for row in weights]),
        "score_bins": _score_bins(tables),
        "unknown": _scored_without(tables),
    }


def _list_facts(listed: Sequence[Row]) -> Row:
    """Size, expected loss and model of the list. Losses have four places: their sum is exact in ten-thousandths."""
    losses = [round(row["action_priority"] * 10_000) for row in listed]
    first = listed[0]
    return {
        "customers": len(listed),
        "expected_loss_cny": sum(losses) / 10_000,
        "mean_score": sum(row["churn_score"] for row in listed) / len(listed),
        "model_name": first["model_name"],
        "model_version": first["model_version"],
        "feature_set": first["feature_set"],
    }


def _triggers(tables: MonthTables) -> list[TriggerCount]:
    """The triggers of the month; one that is named no more in triggers.yaml is called by its name."""
    words = trigger_words(tables.settings)
    counts = []
    for row in tables.answer("triggers_raised"):
        name = row["trigger"]
        called = words.get(name, Text(en=name, zh=name))
        counts.append(TriggerCount(name, called, row["customers"], row["listed"]))
    return counts


def _arms(listed: Sequence[Row]) -> dict[str, int]:
    """Persons by arm."""
    arms = {row["person_id"]: row["arm"] or "treat" for row in listed}
    return dict(Counter(arms.values()))


def _drawn(listed: Sequence[Row]) -> list[Row]:
    """Those whose arm was drawn for this list, and not for an earlier one whose window still runs."""
    return [row for row in listed if row["arm_month"] == row["month"]]


def _score_bins(tables: MonthTables) -> list[int]:
    counts = [0] * SCORE_BINS
    for row in tables.answer("score_histogram"):
        counts[int(row["bin"])] = int(row["customers"])
    return counts


def _scored_without(tables: MonthTables) -> dict[str, int]:
    """Customers by the features that they were scored without, as ``score_churn`` names them."""
    marked = "month = $month AND unknown_features IS NOT NULL"
    rows = tables.rows("score_churn", "unknown_features", marked)
    return dict(Counter(row["unknown_features"] for row in rows))


def _group_weights(
    registry: Registry,
    weights: Sequence[Row],
    listed: Sequence[Row],
    titles: Mapping[str, Text],
) -> list[GroupWeight]:
    """Contributions added up by reason group, the heaviest first."""
    group_of = {feature.name: feature.group for feature in registry.features}
    sums: dict[str, float] = {}
    for row in weights:
        group = group_of[_catalogued(row["feature"], group_of)]
        sums[group] = sums.get(group, 0.0) + float(row["contribution"])
    first_reasons = [row["reason_1"] for row in listed]
    everything = sum(sums.values())
    heaviest_first = sorted(sums, key=lambda group: (-sums[group], group))
    return [
        GroupWeight(
            title=titles[group],
            mean_contribution=sums[group] / len(listed),
            share=sums[group] / everything,
            first_reason=first_reasons.count(group),
        )
        for group in heaviest_first
    ]


def _factors(tables: MonthTables, features: Sequence[str]) -> list[Factor]:
    """The features that raised the listed scores most, with the share of leavers over their values."""
    months = tables.settings.calendar.mature_months(tables.month)[-FACTOR_MONTHS:]
    if not months:
        return []
    registry = tables.engine.registry
    drawable = _drawable(registry)
    names = dict.fromkeys(_catalogued(name, drawable) for name in features)
    drawn = [drawable[name] for name in names if name in drawable][:TOP_FACTORS]
    table_of = _tables_of_features(registry)
    factors = []
    for feature in drawn:
        bins = _bins(tables.engine, table_of[feature.name], feature.name, months)
        if bins:
            factors.append(Factor(feature.name, _short(feature), feature.unit, bins))
    return factors


def _drawable(registry: Registry) -> dict[str, FeatureColumn]:
    """The features whose values have an order, by name."""
    ordered = (one for one in registry.features if one.type not in ("text", "date"))
    return {feature.name: feature for feature in ordered}


def _tables_of_features(registry: Registry) -> dict[str, str]:
    table_of: dict[str, str] = {}
    for query in registry.queries["features"]:
        table_of |= dict.fromkeys(query.output.column_names, query.output.table)
    return table_of


def _bins(
    engine: SqlEngine, table: str, column: str, months: Sequence[Month]
) -> list[Bin]:
    engine.views(table, "label")
    observed = engine.frame(
        f"SELECT CAST(f.{identifier(column)} AS DOUBLE) AS value, l.churned"
        f" FROM {identifier(table)} AS f"
        " INNER JOIN label AS l ON l.customer_id = f.customer_id AND l.month = f.month"
        " WHERE f.month >= $first AND f.month <= $last"
        " AND NOT l.left_early AND NOT coalesce(l.rotated, false)",
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
    en, _, _ = feature.en.partition(", ")
    zh, _, _ = feature.zh.partition("（")
    return Text(en=en, zh=zh)


def _catalogued(name: str, known: Mapping[str, object]) -> str:
    """The catalogue's name of an encoded category ``feature=value``."""
    return name if name in known else name.partition("=")[0]


def _top_segments(rows: Sequence[Row]) -> list[Row]:
    """The largest segments of each kind."""
    top: list[Row] = []
    for kind in sorted({row["kind"] for row in rows}):
        of_kind = [row for row in rows if row["kind"] == kind]
        top += of_kind[:TOP_SEGMENTS]
    return top


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
    begins = settings.model.train_from
    if begins and month < begins:
        return Text(
            en=f"Training begins with {begins} (model.train_from).",
            zh=f"模型自 {begins} 起训练（model.train_from）。",
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
