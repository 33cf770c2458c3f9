"""What each pattern of a trajectory says: its meaning in both languages, its formula, and what an empty value means."""

from typing import NamedTuple


class Told(NamedTuple):
    """Texts of one pattern.

    Attributes:
        en, zh: meaning of the feature; {m} is the measure's label, {o} that of the second measure.
        formula: in words, for documents; y is the measure, of two measures a and b.
        empty: when the feature is NULL.
    """

    en: str
    zh: str
    formula: str
    empty: str


TEXTS = {
    "last": Told(
        "{m} in the latest month",
        "最近一个月{m}",
        "y of the latest month",
        "the latest month is unknown",
    ),
    "first": Told(
        "{m} in the earliest month of the window",
        "观察期首月{m}",
        "y of the earliest month",
        "the earliest month is unknown",
    ),
    "mean": Told(
        "{m} in an average month of the window",
        "观察期月均{m}",
        "sum of y / months",
        "no month is known",
    ),
    "window": Told(
        "{m} over the whole window",
        "观察期内{m}合计",
        "sum of y",
        "no month is known",
    ),
    "lowest": Told(
        "{m}: lowest month of the window",
        "观察期内{m}最低月",
        "least y",
        "no month is known",
    ),
    "highest": Told(
        "{m}: highest month of the window",
        "观察期内{m}最高月",
        "greatest y",
        "no month is known",
    ),
    "change": Told(
        "{m} in the latest month less the mean of the earlier months",
        "{m}：最近一个月减此前月均",
        "latest y - mean of the earlier y",
        "no earlier month, or the latest one is unknown",
    ),
    "change_pct": Told(
        "{m}: change between -100 (stopped) and 100 (new) against the mean of the earlier months",
        "{m}：较此前月均的变化份额（-100 停止，100 新增）",
        "100 * (latest y - mean of the earlier y) / (|latest y| + |mean of the earlier y|)",
        "all months are zero",
    ),
    "since_first": Told(
        "{m} in the latest month less the earliest month of the window",
        "{m}：最近一个月减观察期首月",
        "latest y - y of the earliest month",
        "one of the two months is unknown",
    ),
    "slope": Told(
        "{m}: least-squares change from month to month",
        "{m}的月度线性趋势",
        "least-squares slope of y over the months",
        "fewer than two months are known",
    ),
    "to_past": Told(
        "{m}: latest month over the mean of the earlier months, empty when those had none",
        "{m}：最近一个月与此前月均之比（此前为零则为空）",
        "latest y / mean of the earlier y",
        "the earlier months are zero",
    ),
    "to_previous": Told(
        "{m}: latest month over the month before, empty when that had none",
        "{m}：最近一个月与上月之比（上月为零则为空）",
        "latest y / y of the month before",
        "the month before is zero",
    ),
    "to_first": Told(
        "{m}: latest month over the window's earliest, empty when that had none",
        "{m}：最近一个月与观察期首月之比（首月为零则为空）",
        "latest y / y of the earliest month",
        "the earliest month is zero",
    ),
    "range": Told(
        "{m}: highest less lowest month over the mean, 0 is steady",
        "{m}：最高月与最低月之差除以月均（0为平稳）",
        "(greatest y - least y) / mean y",
        "all months are zero",
    ),
    "swing": Told(
        "{m}: mean movement from one month to the next over the mean, 0 is steady",
        "{m}：相邻月平均波动除以月均（0为平稳）",
        "mean of |y - y of the month before| / mean y",
        "all months are zero, or one is unknown",
    ),
    "below_peak": Told(
        "{m}: how far the latest month lies below the highest of the window, as part of that",
        "{m}：最近一个月较观察期最高月的降幅",
        "1 - latest y / greatest y",
        "all months are zero",
    ),
    "peak_ago": Told(
        "{m}: months since the highest month of the window, empty when all are zero",
        "{m}：距观察期最高月的月数（全为零则为空）",
        "months from the latest greatest y to the latest month",
        "all months are zero",
    ),
    "decline": Told(
        "{m}: latest months in a row that each had less than the month before",
        "{m}连续下降的月数（截至最近月）",
        "length of the latest run of falls",
        "never",
    ),
    "rise": Told(
        "{m}: latest months in a row that each had more than the month before",
        "{m}连续上升的月数（截至最近月）",
        "length of the latest run of rises",
        "never",
    ),
    "idle": Told(
        "{m}: months of the window at zero",
        "观察期内{m}为零的月数",
        "number of months with y = 0",
        "never",
    ),
    "some": Told(
        "{m}: months of the window above zero",
        "观察期内{m}大于零的月数",
        "number of months with y > 0",
        "never",
    ),
    "silent": Told(
        "{m}: latest months in a row at zero",
        "{m}连续为零的月数（截至最近月）",
        "length of the latest run of zeros",
        "never",
    ),
    "gap": Told(
        "Days from the {m} of the window to as_of, empty without one",
        "观察期内{m}至观察截止的天数（无则为空）",
        "as_of - latest date",
        "no date in the window",
    ),
    "to_region": Told(
        "{m}: latest month over the mean of the customers of the same region",
        "{m}：最近一个月与同区域客户均值之比",
        "latest y / mean of the latest y of the region's customers",
        "region unknown, or its customers have none",
    ),
    "share": Told(
        "{m} as part of {o} over the window",
        "观察期内{m}占{o}的比例",
        "sum of a / sum of b",
        "the second measure is zero",
    ),
    "share_last": Told(
        "{m} as part of {o} in the latest month",
        "最近一个月{m}占{o}的比例",
        "latest a / latest b",
        "the second measure is zero",
    ),
    "share_change": Told(
        "{m} as part of {o}: latest month less the earlier months",
        "{m}占{o}的比例：最近一个月较此前的变化",
        "latest a / latest b - sum of earlier a / sum of earlier b",
        "the second measure is zero in the latest month or in all earlier ones",
    ),
    "per": Told(
        "{m} divided by {o} over the window",
        "观察期内{m}与{o}之比",
        "sum of a / sum of b",
        "the second measure is zero",
    ),
    "per_last": Told(
        "{m} divided by {o} in the latest month",
        "最近一个月{m}与{o}之比",
        "latest a / latest b",
        "the second measure is zero",
    ),
    "per_change": Told(
        "{m} divided by {o}: latest month less the earlier months",
        "{m}与{o}之比：最近一个月较此前的变化",
        "latest a / latest b - sum of earlier a / sum of earlier b",
        "the second measure is zero in the latest month or in all earlier ones",
    ),
    "cover": Told(
        "{m} in the latest month, counted in average months of {o}",
        "最近一个月{m}相当于几个月的平均{o}",
        "latest a / mean b",
        "b is zero in all months, or the latest a is unknown",
    ),
}
