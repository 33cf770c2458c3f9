"""What each measure of a profile is called, in both languages."""

from churn_tasks.checks.measures import measured_rules
from churn_tasks.declared.contracts import Column, RawTable

WORDS = {
    "rows": ("当月记录数", "rows of the month"),
    "volume_ratio": (
        "与上月的记录数之比",
        "rows against the month before, which was accepted",
    ),
    "repeated_share": ("重复主键的记录比例", "share of rows whose key came before"),
    "damaged_share": (
        "交付文件中损坏、未能成为记录的行的比例",
        "share of the lines of delivered files that are damaged and became no row",
    ),
    "double_share": (
        "与另一条完全相同的记录比例",
        "share of rows that equal another one in every column; one of them stays",
    ),
    "replaced_share": (
        "被同主键、较晚获知的记录更正的比例",
        "share of rows that give way to one of their key learnt later",
    ),
    "added_up_share": (
        "金额并入同主键另一条的记录比例",
        "share of rows whose amount is added to another line of their key",
    ),
    "conflict_share": (
        "同主键同日获知、内容相互矛盾的记录比例",
        "share of rows of one key, learnt on one day, that contradict each other and are set aside",
    ),
    "set_aside_share": (
        "各规则合计隔离的记录比例",
        "share of rows that all rules together set aside",
    ),
    "late_share": (
        "以前账期迟到记录占该账期记录的比例（取最大者）",
        "share of an earlier month's rows that came late and were found by this run",
    ),
    "not_yet_known_share": (
        "本月读取日之后才获知、不予计入的记录比例",
        "share of rows that became known only after the month is read, which no query counts",
    ),
    "forgotten_share": (
        "已删除个人信息的客户仍被交付、未入库的记录比例",
        "share of rows of people who were taken out (churn forget), which stay outside",
    ),
    "known_share": (
        "客户在当月主档中有记录的比例",
        "share of rows whose customer the month's master knows",
    ),
    "rounded_share": (
        "长编号末几位被舍入的比例（电子表格第 16 位起为零，或按双精度浮点数保存），请以文本格式导出",
        "share of long numbers that lost their last digits (zeros from the 16th on as spreadsheets keep them, or a"
        " double); export them as text",
    ),
    "other_shape_share": (
        "编号形式与上一合格月份不同的比例",
        "share of numbers of another length, with other leading zeros or letters, than in the accepted month before",
    ),
    "shape_share": ("编号形式的占比", "share of numbers of a shape"),
    "month_before_again": (
        "各数值指标与上月完全相同（1 为是），疑为上月文件重复交付",
        "1 where every figure of every number is that of the month before: was its file delivered under a new name",
    ),
    "region_rows": (
        "变化最大的大区的记录占比与往月之比",
        "share of rows of the region that moved most, against earlier months",
    ),
    "region_mean": (
        "变化最大的大区的均值与往月之比",
        "mean of the region that moved most, against earlier months",
    ),
    "shift": ("取值分布偏离往月的比例", "share of rows that went to other values"),
    "scale": (
        "金额与合格月份之比（均值与各分位数中变化最小者）；单位是否改变，如以分代元",
        "amounts against the accepted months, by the mean or quantile that moved least; was the unit changed, such as"
        " fen for yuan",
    ),
    "null_share": ("空值比例", "share of rows without a value"),
    "night_share": ("0 点至 6 点的记录比例", "share of rows between midnight and six"),
    "midnight_share": (
        "时间恰为 0 点整的记录比例",
        "share of rows at midnight sharp: was the time of day lost",
    ),
    "negative_share": ("负值比例", "share of negative values"),
    "distinct": ("不同取值数", "distinct values"),
    "mean": ("均值", "mean"),
    "min": ("最小值", "least value"),
    "max": ("最大值", "greatest value"),
    "p05": ("5% 分位数", "5th percentile"),
    "p50": ("中位数", "median"),
    "p95": ("95% 分位数", "95th percentile"),
    "p99": ("99% 分位数", "99th percentile"),
}


WITH_UNIT = ("mean", "min", "max", "p05", "p50", "p95", "p99")
# of dates too these are no days
COUNTS = ("null_share", "night_share", "midnight_share", "distinct")
DATES = ("date", "timestamp")
BilingualText = tuple[str, str]  # Chinese and English


def measure_text(
    table: RawTable, column: str, measure: str, item: str = ""
) -> BilingualText:
    """The measure in Chinese and in English, with its column and unit.

    Args:
        item: the value that a ``share_of`` is about.
    """
    if rule := measured_rules(table).get(measure):
        return f"被隔离的记录：{rule.zh}", f"rows set aside: {rule.en}"
    zh, en = _words(measure, item)
    measured = _column(table, column)
    if measured is None:
        return zh, en
    unit_zh, unit_en = _unit(measured, measure)
    return f"{column}：{zh}{unit_zh}", f"{column}: {en}{unit_en}"


def _words(measure: str, item: str) -> BilingualText:
    if item:
        return f"取值 {item} 的占比", f"share of {item}"
    return WORDS.get(measure, (measure, measure))


def _column(table: RawTable, name: str) -> Column | None:
    for column in table.columns:
        if column.name == name:
            return column
    return None


def _unit(column: Column, measure: str) -> BilingualText:
    """What the figure counts, where it has the column's unit or is a date."""
    if column.type in DATES and measure not in COUNTS:
        return "（距当月首日的天数）", ", in days from the first of the month"
    if column.unit and measure in WITH_UNIT:
        return f"（{column.unit}）", f" ({column.unit})"
    return "", ""
