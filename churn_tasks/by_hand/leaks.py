"""The rows that ``churn probe-leaks`` looks at: those that a month's training learns from, or a flat file."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.by_hand.learnt_rows import learnt_rows
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.modeling.frames import UNKNOWN, FeatureSet, Sample
from churn_tasks.modeling.leak_probe import MOST_ROWS
from churn_tasks.runner.month_run import MonthRun

if TYPE_CHECKING:
    import pandas as pd

YES = {"1", "1.0", "true", "yes", "y", "t", "是"}
NO = {"0", "0.0", "false", "no", "n", "f", "否"}
# of the values of a column that is read as numbers; the rest counts as unknown
NUMBERS_AMONG = 0.9


def month_rows(
    settings: Settings, month: Month
) -> tuple[Sample, FeatureSet, list[Month]]:
    """What the training in the run of a month learns from, every column that is not banned, and its months.

    Raises:
        NotReady: history is too short, or what is needed has not been made yet.
    """
    with closing(MonthRun(settings, month)) as run:
        learnt = learnt_rows(run, MOST_ROWS)
        return learnt.rows, learnt.features, learnt.months


def file_rows(
    path: Path, label: str, key: str | None = None, ignore: tuple[str, ...] = ()
) -> tuple[Sample, FeatureSet]:
    """A flat file as one month: every column but the label, the key and those to ignore.

    Args:
        path: CSV (compressed or not, UTF-8 or GB 18030) or Parquet.
        label: column that says who left: 1/0, true/false, yes/no or 是/否; rows without it are left out.
        key: column that names the customer, so that all rows of one stay together; each row alone when absent.

    Raises:
        BadInput: no such file or column, or a label that is none of these.
    """
    frame = _read(path)
    named = {label, *ignore}
    if key:
        named.add(key)
    _require_columns(path, frame, named)
    frame = frame[frame[label].notna()].reset_index(drop=True)
    churned = _truth(frame[label], path, label)
    offered = [name for name in frame.columns if name not in named]
    columns = {name: _column(frame[name]) for name in offered}
    features = _features(path, columns)
    customers = frame[key] if key else frame.index
    none = np.zeros(len(frame), dtype=bool)
    sample = Sample(
        customers.astype(str).to_numpy(dtype=object),
        np.full(len(frame), np.datetime64("1970-01-01")),
        _frame(columns),
        churned,
        none,
        none,
    )
    return sample, features


def _require_columns(path: Path, frame: "pd.DataFrame", named: set[str]) -> None:
    missing = sorted(named - set(frame.columns))
    if missing:
        there = ", ".join(map(str, frame.columns[:20]))
        raise BadInput(
            f"{path.name} has no column {', '.join(missing)}; it has {there}"
        )


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            frame = pd.read_csv(
                path, encoding=encoding, skipinitialspace=True, low_memory=False
            )
        except UnicodeDecodeError:
            continue
        return frame.rename(columns=lambda name: str(name).strip())
    raise BadInput(f"{path.name} is neither UTF-8 nor GB 18030")


def _truth(given: "pd.Series", path: Path, label: str) -> np.ndarray:
    values = given.astype(str).str.strip().str.lower()
    odd = ~values.isin(YES | NO)
    if odd.any():
        problem = "says neither yes nor no (1/0, true/false, yes/no, 是/否)"
        raise BadInput(
            f"{path.name}, column {label}: {problem} in {int(odd.sum())} rows. Name another with --label."
        )
    return values.isin(YES).to_numpy(dtype=bool)


def _column(values: "pd.Series") -> "pd.Series":
    """Numbers where nearly all of the values are, else text."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(values):
        return values.astype("int64").where(values.notna()).astype("float64")
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    readable, known = numbers.notna().sum(), values.notna().sum()
    if readable >= NUMBERS_AMONG * known:
        return numbers
    text = values.astype(object).where(values.notna(), UNKNOWN)
    return text.astype(str).astype(object)


def _features(path: Path, columns: "dict[str, pd.Series]") -> FeatureSet:
    if not columns:
        raise BadInput(f"{path.name} has no column beside the label")
    numeric: list[str] = []
    text: list[str] = []
    for name, values in columns.items():
        kind = numeric if values.dtype.kind == "f" else text
        kind.append(name)
    tables = dict.fromkeys(columns, path.name)
    return FeatureSet(tables, tuple(numeric), tuple(text), "")


def _frame(columns: "dict[str, pd.Series]") -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(columns)
