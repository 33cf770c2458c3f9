"""The rows that ``churn probe-leaks`` looks at: those that a month's training learns from, or a flat file."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.modeling.frames import UNKNOWN, FeatureSet, Sample, feature_set
from churn_tasks.modeling.leak_probe import MOST_ROWS
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import require

if TYPE_CHECKING:
    import pandas as pd

YES, NO = (
    {"1", "1.0", "true", "yes", "y", "t", "是"},
    {"0", "0.0", "false", "no", "n", "f", "否"},
)
NUMBERS_AMONG = (
    0.9  # of the values of a column that is read as numbers; the rest counts as unknown
)


def month_rows(
    settings: Settings, month: Month
) -> tuple[Sample, FeatureSet, list[Month]]:
    """What the training in the run of a month learns from, every column that is not banned, and its months.

    Raises:
        NotReady: history is too short, or what is needed has not been made yet.
    """
    from churn_tasks.work.training import training_rows

    tested = settings.calendar.tested_month(month)
    if tested is None:
        raise NotReady(
            f"the run of {month} trains on nothing yet: history is too short. Give a later month."
        )
    with closing(MonthRun(settings, month)) as run:
        offered = feature_set(run.registry.queries["features"], settings.features.ban)
        months = settings.calendar.mature_months(tested)[
            -settings.model.max_train_months :
        ]
        require(run, ["cohort", *offered.tables], months)
        missing = [each for each in months if not run.lake.has("label", each)]
        if missing:
            raise NotReady(
                f"the label of {missing[0]} has not been made yet. Run first: churn run --month {month}"
            )
        return training_rows(run, offered, months, MOST_ROWS), offered, months


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
    missing = sorted({label, *([key] if key else []), *ignore} - set(frame.columns))
    if missing:
        names = ", ".join(map(str, frame.columns[:20]))
        raise BadInput(
            f"{path.name} has no column {', '.join(missing)}; it has {names}"
        )
    known = frame[label].notna()
    frame = frame[known].reset_index(drop=True)
    churned = _truth(frame[label].astype(str).str.strip().str.lower(), path, label)
    columns = {
        name: _column(frame[name])
        for name in frame.columns
        if name not in (label, key, *ignore)
    }
    customers = frame[key] if key else frame.index
    features = _features(path, columns)
    none = np.zeros(len(frame), dtype=bool)
    months = np.full(len(frame), np.datetime64("1970-01-01"))
    return Sample(
        customers.astype(str).to_numpy(dtype=object),
        months,
        _frame(columns),
        churned,
        none,
        none,
    ), features


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


def _truth(values: "pd.Series", path: Path, label: str) -> np.ndarray:
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
    if numbers.notna().sum() >= NUMBERS_AMONG * values.notna().sum():
        return numbers
    return (
        values.astype(object).where(values.notna(), UNKNOWN).astype(str).astype(object)
    )


def _features(path: Path, columns: "dict[str, pd.Series]") -> FeatureSet:
    if not columns:
        raise BadInput(f"{path.name} has no column beside the label")
    numeric = tuple(
        name for name, values in columns.items() if values.dtype.kind == "f"
    )
    return FeatureSet(
        dict.fromkeys(columns, path.name),
        numeric,
        tuple(n for n in columns if n not in numeric),
        "",
    )


def _frame(columns: "dict[str, pd.Series]") -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(columns)
