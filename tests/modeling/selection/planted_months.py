"""Months whose leaving rate has a season, and columns that know the month: what selection is held against."""

import numpy as np
import pandas as pd

from churn_tasks.modeling.frames import FeatureSet, Sample

CUSTOMERS, MONTHS, TARIFFS = 2_000, 7, 12
SWING = 1.5  # log-odds between an ordinary and a bad month


def seasonal(column: str, tariff_effect: float = 0.0) -> tuple[Sample, FeatureSet]:
    """Seven months of the same customers with ten honest columns and ``planted``.

    Args:
        column: what is planted, a key of ``COLUMNS``.
        tariff_effect: log-odds between the middle tariff and the dearest: whether dear tariffs are left.
    """
    chance = np.random.default_rng(2)
    month = np.repeat(np.arange(MONTHS), CUSTOMERS)
    tariff = np.tile(chance.integers(0, TARIFFS, CUSTOMERS), MONTHS)
    honest = {f"x{n}": chance.normal(size=len(month)) for n in range(10)}
    frame = pd.DataFrame(honest)
    dearness = np.linspace(-1, 1, TARIFFS)[tariff]
    season = SWING * np.sin(2 * np.pi * month / MONTHS * 1.5)
    odds = -2 + season + 0.5 * frame["x0"] - 0.4 * frame["x1"]
    odds = odds + tariff_effect * dearness
    churned = chance.random(len(month)) < 1 / (1 + np.exp(-odds.to_numpy()))
    frame["planted"] = COLUMNS[column](tariff, month)
    first = np.datetime64("2024-01", "M")
    dates = (first + np.arange(MONTHS)).astype("datetime64[D]")
    names = [f"c{number:06d}" for number in range(CUSTOMERS)]
    nobody = np.zeros(len(month), dtype=bool)
    customers = np.tile(np.array(names, dtype=object), MONTHS)
    rows = Sample(customers, dates[month], frame, churned, nobody, nobody)
    text = ()
    if column == "text of month":
        text = ("planted",)
        frame["planted"] = frame["planted"].astype(object)
    numeric = tuple(name for name in frame if name not in text)
    columns = dict.fromkeys(frame, "feat_test")
    return rows, FeatureSet(columns, numeric, text, "0")


def _fee(tariff: np.ndarray) -> np.ndarray:
    return np.linspace(20, 200, TARIFFS)[tariff]


def of_tariff_and_month(tariff: np.ndarray, month: np.ndarray) -> np.ndarray:
    """One value a tariff and month, anywhere."""
    chance = np.random.default_rng(3)
    return chance.uniform(0, 100, (TARIFFS, MONTHS))[tariff, month]


def of_month(_tariff: np.ndarray, month: np.ndarray) -> np.ndarray:
    """One value a month, such as an index of prices."""
    return np.random.default_rng(3).normal(size=MONTHS)[month]


def near_month(tariff: np.ndarray, month: np.ndarray) -> np.ndarray:
    """The same with a little of each customer's own."""
    own = np.random.default_rng(4).normal(scale=0.1, size=len(month))
    return of_month(tariff, month) + own


def text_of_month(tariff: np.ndarray, month: np.ndarray) -> np.ndarray:
    """A tariff's name that is another every month."""
    pairs = zip(tariff, month, strict=True)
    return np.array([f"{one}/{when}" for one, when in pairs], dtype=object)


def rising_fee(tariff: np.ndarray, month: np.ndarray) -> np.ndarray:
    """A price that rises by 2 % a month: it marks the month, and tells what it always told."""
    return _fee(tariff) * (1 + 0.02 * month)


def fee(tariff: np.ndarray, _month: np.ndarray) -> np.ndarray:
    """The same price in all months."""
    return _fee(tariff)


COLUMNS = {
    "of tariff and month": of_tariff_and_month,
    "of month": of_month,
    "near month": near_month,
    "text of month": text_of_month,
    "rising fee": rising_fee,
    "fee": fee,
}
