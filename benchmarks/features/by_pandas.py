"""``month_usage`` and ``feat_calls`` as a careful hand writes them in pandas: the same definitions."""

from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - a benchmark is no DAG
import pyarrow.parquet as pq  # noqa: TID253 - a benchmark is no DAG

from benchmarks.features.definitions import CALLS_READ, COUNTS, MINUTES, trajectory
from churn_tasks.core.windows import Window

RECORDS = [
    "customer_id",
    "event_at",
    "event_date",
    "known_date",
    "kind",
    "direction",
    "peer_token",
    "peer_operator",
    "peer_kind",
    "is_roaming",
    "is_long_distance",
    "carrier",
    "duration_s",
    "volume_kb",
]


def usage(path: Path, window: Window) -> pd.DataFrame:
    """``month_usage`` of the month."""
    start = pd.Timestamp(window.month.start)
    end = pd.Timestamp(window.as_of)
    records = _read(path, RECORDS)
    is_in_month = records["event_date"].between(start, end, inclusive="left")
    is_known = records["known_date"] < pd.Timestamp(window.known_until)
    records = _told(records[is_in_month & is_known])
    made = _summed(records)
    made["last_use_date"] = records.groupby("customer_id", sort=False)[
        "event_date"
    ].max()
    made = made.join(_days(records, start, end))
    return made.join(_circle(records)).reset_index()


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    table = pq.read_table(path, columns=columns, partitioning=None)
    return table.to_pandas(date_as_object=False)


def _summed(records: pd.DataFrame) -> pd.DataFrame:
    """Minutes, counts and megabytes by customer; seconds are added up before they are minutes."""
    parts = {}
    for name, flag in MINUTES.items():
        parts[name] = records["call_s"].where(records[flag], 0)
    for name, flag in COUNTS.items():
        parts[name] = records[flag].astype("int32")
    parts["data_mb"] = records["data_kb"]
    parts["roaming_mb"] = records["data_kb"].where(records["is_roaming"], 0)
    by_customer = pd.DataFrame(parts).groupby(records["customer_id"], sort=False)
    summed = by_customer.sum()
    minutes, megabytes = list(MINUTES), ["data_mb", "roaming_mb"]
    summed[minutes] = (summed[minutes] / 60).round(4)
    summed[megabytes] = summed[megabytes] / 1000
    return summed


def _told(records: pd.DataFrame) -> pd.DataFrame:
    """The flags of each record."""
    kind, peer = records["kind"], records["peer_kind"]
    is_voice, is_sms, is_data = kind == "voice", kind == "sms", kind == "data"
    out = records["direction"].ne("in").fillna(True)
    call_out = is_voice & out
    operator = records["peer_operator"]
    is_within = operator.isin(["own", "fixed"])
    hour = records["event_at"].dt.hour
    is_weekend = records["event_date"].dt.weekday >= 5
    is_office_hour = (hour >= 8) & (hour < 18)
    return records.assign(
        is_call_out=call_out,
        is_call_in=is_voice & ~out,
        is_out=out,
        is_off_net=operator.notna() & ~is_within,
        is_on_net=operator.eq("own").fillna(False),
        is_roaming=records["is_roaming"].fillna(False).astype(bool),
        is_long_distance=records["is_long_distance"].fillna(False).astype(bool),
        is_other_carrier=records["carrier"].eq("other").fillna(False),
        is_night=(hour >= 22) | (hour < 6),
        is_weekend=is_weekend,
        is_work_hour=~is_weekend & is_office_hour,
        is_late=records["event_date"].dt.day > 15,
        is_sms=is_sms,
        is_sms_out=is_sms & out,
        is_mms=kind == "mms",
        is_data=is_data,
        to_own_hotline=call_out & peer.eq("own_hotline").fillna(False),
        to_competitor_hotline=call_out & peer.eq("competitor_hotline").fillna(False),
        call_s=_amount(records["duration_s"], is_voice),
        data_kb=_amount(records["volume_kb"], is_data),
    )


def _amount(values: pd.Series, counts: pd.Series) -> pd.Series:
    """Whole numbers, 0 where they do not count or are missing."""
    return values.where(counts, 0).fillna(0).astype("int64")


def _days(
    records: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Different days with use, and the longest run of days without any."""
    days = records[["customer_id", "event_date"]].drop_duplicates()
    days = days.sort_values(["customer_id", "event_date"])
    customer = days["customer_id"]
    day = (days["event_date"] - start).dt.days
    day_before = day.groupby(customer).shift(fill_value=-1)
    longest_gap = (day - day_before - 1).groupby(customer).max()
    after_last = (end - start).days - 1 - day.groupby(customer).max()
    return pd.DataFrame(
        {
            "active_days": day.groupby(customer).size(),
            "longest_silence_days": np.maximum(longest_gap, after_last),
        }
    )


def _circle(records: pd.DataFrame) -> pd.DataFrame:
    """The people at the other end."""
    is_known = records["peer_token"].notna()
    is_person = records["peer_kind"].fillna("person").eq("person")
    by_pair = records[is_known & is_person].groupby(
        ["customer_id", "peer_token"], sort=False
    )
    pairs = by_pair.agg(
        is_off_net=("is_off_net", "max"),
        is_on_net=("is_on_net", "max"),
        out=("is_out", "sum"),
        contact=("is_out", "size"),
    )
    pairs["called"] = pairs["out"] > 0
    pairs["calling"] = pairs["out"] < pairs["contact"]
    circle = pairs.groupby("customer_id", sort=False).agg(
        peer_count=("contact", "size"),
        off_net_peer_count=("is_off_net", "sum"),
        on_net_peer_count=("is_on_net", "sum"),
        peer_called_count=("called", "sum"),
        peer_calling_count=("calling", "sum"),
        peer_contact_count=("contact", "sum"),
        top_peer_contact_count=("contact", "max"),
    )
    one_way_or_both = circle["peer_called_count"] + circle["peer_calling_count"]
    circle["peer_mutual_count"] = one_way_or_both - circle["peer_count"]
    return circle


def calls(cohort: Path, months: list[Path]) -> pd.DataFrame:
    """``feat_calls``; the files of ``month_usage`` with the latest first."""
    customers = _read(cohort, ["customer_id"]).set_index("customer_id").index
    of: dict[str, list[np.ndarray]] = {name: [] for name in CALLS_READ}
    for path in months:
        month = _read(path, ["customer_id", *CALLS_READ]).set_index("customer_id")
        month = month.astype("float64").reindex(customers).fillna(0.0)
        for name in CALLS_READ:
            of[name].append(month[name].to_numpy())
    made = pd.DataFrame(trajectory(of, Numpy()), index=customers)
    return made.reset_index()


class Numpy:
    """The arithmetic of the trajectory on arrays."""

    def largest(self, months: list[np.ndarray]) -> np.ndarray:
        return np.maximum.reduce(months)

    def smallest(self, months: list[np.ndarray]) -> np.ndarray:
        return np.minimum.reduce(months)

    def over(self, above: np.ndarray, below: np.ndarray) -> np.ndarray:
        none = np.full(len(below), np.nan)
        return np.divide(above, below, out=none, where=below != 0)

    def fell(self, months: list[np.ndarray]) -> np.ndarray:
        last, middle, first = months
        held = [~(last < middle), ~(middle < first)]
        return np.select(held, [0, 1], 2)

    def silent(self, months: list[np.ndarray]) -> np.ndarray:
        used = [month != 0 for month in months]
        return np.select(used, [0, 1, 2], 3)

    def peak_ago(self, months: list[np.ndarray]) -> np.ndarray:
        last, middle, _ = months
        high = self.largest(months)
        return np.select([high == 0, last == high, middle == high], [np.nan, 0, 1], 2)
