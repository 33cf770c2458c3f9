"""The card of a model version: one page in Markdown that says where it comes from, what it came to, and its limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from churn_tasks.core.list_figures import WORDS
from churn_tasks.core.settings import Settings

Row = Mapping[str, Any]
FIGURES = (
    "customers",
    "at_risk",
    "churners",
    "churn_rate",
    "list_size",
    "precision",
    "coverage",
    "precision_in_time",
    "coverage_in_time",
    "auc",
    "average_precision",
    "gain",
    "gain_low",
    "gain_high",
)
CALIBRATION = ("mean_score", "churn_rate", "calibration_error", "brier")
EVEN = 0.5  # AUC of a column that goes neither way


@dataclass(frozen=True)
class CardFacts:
    """What a card tells.

    Attributes:
        trained_in: month of the run that fitted it, YYYY-MM.
        judged: its row of ``out_validation`` of that month.
        months: its rows of ``out_gate``, earliest month first.
        columns: rows of ``feature_selection`` of the columns that it takes, those that tell most first.
        decisions: rows of ``bi_promotion`` that put it in force or judged it there, earliest first.
        files: path to SHA-256 of each of its files.
        run_page: address of its run in MLflow; None where nobody serves MLflow's pages.
    """

    settings: Settings
    trained_in: str
    judged: Row
    months: Sequence[Row]
    columns: Sequence[Row]
    decisions: Sequence[Row]
    files: Mapping[str, str]
    run_page: str | None = None


def model_card(facts: CardFacts) -> str:
    """The card in Markdown, in both languages; the same facts give the same text."""
    judged = facts.judged
    name = f"{judged['model_name']} version {int(judged['model_version'])}"
    parts = [
        f"# {name}",
        f"{judged['candidate']}, run of {facts.trained_in} 训练账期",
        *_origin(facts),
        f"## On {_month(judged['tested_month'])} 检验月指标",
        *_figures(judged, FIGURES),
        "## Against its rival, by month 逐月对比",
        "The rival is the champion of the time, or chance while there was none."
        " 对手为当时的在用模型；尚无时为随机排序。",
        *_by_month(facts.months),
        "## Calibration 校准",
        *_figures(judged, CALIBRATION),
        "## Decisions 上线决定",
        *_decisions(facts.decisions),
        "## Columns and directions 特征与方向",
        "The columns that the month selected; a rule looks at its own. A direction is that of the column alone over the"
        " training rows; it is no cause."
        " 所列为当月选用的特征，规则类模型只看自身特征；方向仅指该特征单独与离网的关系，并非原因。",
        *_columns(facts.columns),
        "## Limits 适用范围",
        *_limits(facts.settings),
        "## Files 文件",
        *_files(facts.files),
    ]
    return "\n".join(parts) + "\n"


def _origin(facts: CardFacts) -> list[str]:
    judged = facts.judged
    learnt = f"{_month(judged['train_from'])} to {_month(judged['train_to'])}"
    run = judged["mlflow_run_id"]
    if facts.run_page:
        run = f"[{run}]({facts.run_page})"
    return [
        "## What it learnt from 学习样本",
        *_table(
            ["months 月份", "columns 特征数", "feature set 特征摘要", "MLflow run"],
            [
                [
                    learnt,
                    len(facts.columns),
                    judged["feature_set"],
                    run,
                ]
            ],
        ),
    ]


def _figures(judged: Row, names: Sequence[str]) -> list[str]:
    rows = [[WORDS[name], judged[name]] for name in names]
    return _table(["figure 指标", "value 取值"], rows)


def _by_month(months: Sequence[Row]) -> list[str]:
    rows = []
    for row in months:
        ours, rivals = row["average_precision"], row["rival_average_precision"]
        interval = f"{row['gain_low']:+.4f} to {row['gain_high']:+.4f}"
        counts = [_month(row["judged_month"]), row["churners"]]
        rows.append([*counts, ours, rivals, f"{ours - rivals:+.4f}", interval])
    titles = [
        "month 月份",
        "churners 离网数",
        "average precision 平均精确率",
        "rival 对手",
        "gain 提升",
        "interval 95% 区间",
    ]
    return _table(titles, rows)


def _decisions(decisions: Sequence[Row]) -> list[str]:
    rows = []
    for row in decisions:
        until = row["valid_to"]
        dates = [_month(row["valid_from"]), _month(until) if until else ""]
        regret = row["metrics"].get("regret")
        rows.append(
            [*dates, row["model_version"], row["decided_by"], regret, row["why"]]
        )
    titles = [
        "from 起",
        "to 止",
        "version 版本",
        "decided by 决定者",
        "regret 累计遗憾",
        "why 原因",
    ]
    return _table(titles, rows)


def _columns(columns: Sequence[Row]) -> list[str]:
    rows = []
    for row in columns:
        rows.append([row["feature"], _direction(row["auc"]), row["auc"], row["gain"]])
    titles = ["column 特征", "leavers have 离网者取值", "AUC", "share of gain 增益占比"]
    return _table(titles, rows)


def _direction(auc: float | None) -> str:
    if auc is None or auc == EVEN:
        return ""
    return "high values 偏高" if auc > EVEN else "low values 偏低"


def _limits(settings: Settings) -> list[str]:
    windows = settings.windows
    first = windows.delay + 1
    last = windows.delay + windows.predict
    within = f"month {first}" if first == last else f"months {first} to {last}"
    zh = f"第 {first} 个月" if first == last else f"第 {first} 至 {last} 个月"
    return [
        f"- It tells who leaves in {within} after the month; who leaves earlier is neither hit nor false alarm in any"
        f" figure here. 预测账期之后{zh}内的离网；更早离网者不计入以上任何指标。",
        "- It was judged on months later than those it learnt from, and on this operator alone."
        " 检验月均晚于学习月份，仅限本运营商。",
        "- Its scores are probabilities as far as the table of calibration says; a season that moves the churn rate"
        " moves them apart. 评分作为概率的可信程度见校准表；离网率随季节变动时会出现偏差。",
        "- A gain is the lower for every month in which customers behave otherwise than in those above."
        " 客户行为变化后，提升幅度会下降。",
    ]


def _files(files: Mapping[str, str]) -> list[str]:
    return _table(
        ["file 文件", "SHA-256"], [list(file) for file in sorted(files.items())]
    )


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table with blank lines around it."""
    lines = ["", _line(titles), _line(["---"] * len(titles))]
    for row in rows:
        lines.append(_line([_said(value) for value in row]))
    return [*lines, ""]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _said(value: object) -> str:
    """A cell; what people wrote cannot end it or begin a tag."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}"
    text = " ".join(str(value).split())
    return text.replace("|", "\\|").replace("<", "&lt;")


def _month(day: object) -> str:
    return str(day)[:7]
