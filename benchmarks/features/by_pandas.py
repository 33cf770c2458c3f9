"""``month_usage`` and ``feat_calls`` as a careful hand writes them in pandas: the same definitions."""

from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - a benchmark is no DAG
import pyarrow.parquet as pq  # noqa: TID253 - a benchmark is no DAG

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
MINUTES = {
    "voice_out_min": "is_call_out",
    "voice_in_min": "is_call_in",
    "on_net_min": "is_on_net",
    "off_net_min": "is_off_net",
    "roaming_min": "is_roaming",
    "long_distance_min": "is_long_distance",
    "long_distance_other_min": "is_other_carrier",
    "night_min": "is_night",
    "weekend_min": "is_weekend",
    "work_hour_min": "is_work_hour",
    "late_month_min": "is_late",
}
COUNTS = {
    "voice_out_count": "is_call_out",
    "voice_in_count": "is_call_in",
    "sms_count": "is_sms",
    "sms_out_count": "is_sms_out",
    "mms_count": "is_mms",
    "data_session_count": "is_data",
    "own_hotline_count": "to_own_hotline",
    "competitor_hotline_count": "to_competitor_hotline",
}


def usage(path: Path, window: Window) -> pd.DataFrame:
    """``month_usage`` of the month."""
    frame = pq.read_table(path, columns=RECORDS, partitioning=None).to_pandas(
        date_as_object=False
    )
    start, end, known = (
        pd.Timestamp(day)
        for day in (window.month.start, window.as_of, window.known_until)
    )
    frame = frame[
        (frame["event_date"] >= start)
        & (frame["event_date"] < end)
        & (frame["known_date"] < known)
    ]
    frame = _told(frame)
    made = {
        f"{name}|s": frame["call_s"].where(frame[flag], 0)
        for name, flag in MINUTES.items()
    }
    made |= {name: frame[flag].astype("int32") for name, flag in COUNTS.items()}
    made |= {
        "data_kb": frame["data_kb"],
        "roaming_kb": frame["data_kb"].where(frame["is_roaming"], 0),
    }
    by = pd.DataFrame(made).groupby(frame["customer_id"], sort=False).sum()
    found = by[list(COUNTS)].copy()
    for name in MINUTES:
        found[name] = (by[f"{name}|s"] / 60).round(4)
    found["data_mb"], found["roaming_mb"] = (
        by["data_kb"] / 1000,
        by["roaming_kb"] / 1000,
    )
    found["last_use_date"] = frame.groupby("customer_id", sort=False)[
        "event_date"
    ].max()
    return found.join(_days(frame, start, end)).join(_circle(frame)).reset_index()


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """The flags of each record."""
    voice, hour, weekday = (
        frame["kind"] == "voice",
        frame["event_at"].dt.hour,
        frame["event_date"].dt.weekday,
    )
    out = frame["direction"].ne("in").fillna(True)
    call_out = voice & out
    return frame.assign(
        is_call_out=call_out,
        is_call_in=voice & ~out,
        is_out=out,
        is_off_net=frame["peer_operator"].notna()
        & ~frame["peer_operator"].isin(["own", "fixed"]),
        is_on_net=frame["peer_operator"].eq("own").fillna(False),
        is_roaming=frame["is_roaming"].fillna(False).astype(bool),
        is_long_distance=frame["is_long_distance"].fillna(False).astype(bool),
        is_other_carrier=frame["carrier"].eq("other").fillna(False),
        is_night=(hour >= 22) | (hour < 6),
        is_weekend=weekday >= 5,
        is_work_hour=(weekday < 5) & (hour >= 8) & (hour < 18),
        is_late=frame["event_date"].dt.day > 15,
        is_sms=frame["kind"] == "sms",
        is_sms_out=(frame["kind"] == "sms") & out,
        is_mms=frame["kind"] == "mms",
        is_data=frame["kind"] == "data",
        to_own_hotline=call_out & frame["peer_kind"].eq("own_hotline").fillna(False),
        to_competitor_hotline=call_out
        & frame["peer_kind"].eq("competitor_hotline").fillna(False),
        call_s=frame["duration_s"].where(voice, 0).fillna(0).astype("int64"),
        data_kb=frame["volume_kb"]
        .where(frame["kind"] == "data", 0)
        .fillna(0)
        .astype("int64"),
    )


def _days(frame: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Different days with use, and the longest run of days without any."""
    days = (
        frame[["customer_id", "event_date"]]
        .drop_duplicates()
        .sort_values(["customer_id", "event_date"])
    )
    day = (days["event_date"] - start).dt.days
    before = day.groupby(days["customer_id"]).shift(fill_value=-1)
    gap = (day - before - 1).groupby(days["customer_id"]).max()
    last = (end - start).days - 1 - day.groupby(days["customer_id"]).max()
    active = days.groupby("customer_id").size()
    return pd.DataFrame(
        {"active_days": active, "longest_silence_days": np.maximum(gap, last)}
    )


def _circle(frame: pd.DataFrame) -> pd.DataFrame:
    """The people at the other end."""
    person = frame["peer_token"].notna() & frame["peer_kind"].fillna("person").eq(
        "person"
    )
    pair = (
        frame[person]
        .groupby(["customer_id", "peer_token"], sort=False)
        .agg(
            is_off_net=("is_off_net", "max"),
            is_on_net=("is_on_net", "max"),
            out=("is_out", "sum"),
            contact=("is_out", "size"),
        )
    )
    pair["called"], pair["calling"] = pair["out"] > 0, pair["out"] < pair["contact"]
    return (
        pair.groupby("customer_id", sort=False)
        .agg(
            peer_count=("contact", "size"),
            off_net_peer_count=("is_off_net", "sum"),
            on_net_peer_count=("is_on_net", "sum"),
            peer_called_count=("called", "sum"),
            peer_calling_count=("calling", "sum"),
            peer_contact_count=("contact", "sum"),
            top_peer_contact_count=("contact", "max"),
        )
        .assign(
            peer_mutual_count=lambda made: (
                made["peer_called_count"]
                + made["peer_calling_count"]
                - made["peer_count"]
            )
        )
    )


def calls(cohort: Path, months: list[Path]) -> pd.DataFrame:
    """``feat_calls``; the files of ``month_usage`` with the latest first."""
    columns = [
        "voice_out_min",
        "voice_in_min",
        "voice_out_count",
        "voice_in_count",
        "late_month_min",
        "night_min",
        "own_hotline_count",
    ]
    wide = (
        pq.read_table(cohort, columns=["customer_id"], partitioning=None)
        .to_pandas()
        .set_index("customer_id")
    )
    seen = [
        pq.read_table(path, columns=["customer_id", *columns], partitioning=None)
        .to_pandas()
        .set_index("customer_id")
        .astype("float64")
        .reindex(wide.index)
        .fillna(0.0)
        for path in months
    ]
    of = {name: [month[name].to_numpy() for month in seen] for name in columns}
    found = pd.DataFrame(trajectory(of), index=wide.index)
    return found.reset_index()


def trajectory(of: dict[str, list[np.ndarray]]) -> dict[str, np.ndarray]:
    """The 29 columns of ``feat_calls`` from three months of each measure, latest first."""
    out, into = of["voice_out_min"], of["voice_in_min"]
    talk = [a + b for a, b in zip(out, into, strict=True)]
    call_out, night, own = (
        of["voice_out_count"],
        of["night_min"],
        of["own_hotline_count"],
    )
    call = [a + b for a, b in zip(call_out, of["voice_in_count"], strict=True)]
    high = np.maximum.reduce(out)
    return {
        "voice_out_last_min": out[0],
        "voice_out_mean_min": _all(out) / 3,
        "voice_out_to_past_ratio": _over(out[0] * 2, out[1] + out[2]),
        "voice_out_slope_min": (out[0] - out[2]) / 2,
        "voice_out_range_ratio": _over((high - np.minimum.reduce(out)) * 3, _all(out)),
        "voice_out_decline_months": _fell(out),
        "voice_out_to_previous_ratio": _over(out[0], out[1]),
        "voice_out_below_peak_share": 1 - _over(out[0], high),
        "voice_out_peak_ago_months": np.where(
            high == 0,
            np.nan,
            np.where(out[0] == high, 0, np.where(out[1] == high, 1, 2)),
        ),
        "voice_out_swing_ratio": _over(
            (abs(out[0] - out[1]) + abs(out[1] - out[2])) * 3, 2 * _all(out)
        ),
        "voice_out_silent_months": _silent(out),
        "voice_in_last_min": into[0],
        "voice_in_to_past_ratio": _over(into[0] * 2, into[1] + into[2]),
        "voice_in_slope_min": (into[0] - into[2]) / 2,
        "voice_in_decline_months": _fell(into),
        "voice_in_silent_months": _silent(into),
        "call_out_last_count": call_out[0],
        "call_out_decline_months": _fell(call_out),
        "call_to_past_ratio": _over(call[0] * 2, call[1] + call[2]),
        "call_below_peak_share": 1 - _over(call[0], np.maximum.reduce(call)),
        "voice_out_per_call_out_last_min": _over(out[0], call_out[0]),
        "voice_out_per_call_out_change_min": _over(out[0], call_out[0])
        - _over(out[1] + out[2], call_out[1] + call_out[2]),
        "voice_in_last_share": _over(into[0], talk[0]),
        "voice_in_change_share": _over(into[0], talk[0])
        - _over(into[1] + into[2], talk[1] + talk[2]),
        "call_late_month_share": _over(of["late_month_min"][0], talk[0]),
        "call_night_share": _over(_all(night), _all(talk)),
        "call_night_change_share": _over(night[0], talk[0])
        - _over(night[1] + night[2], talk[1] + talk[2]),
        "own_hotline_window_count": _all(own),
        "own_hotline_last_count": own[0],
    }


def _all(months: list[np.ndarray]) -> np.ndarray:
    return np.asarray(np.sum(months, axis=0))


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below != 0)


def _fell(months: list[np.ndarray]) -> np.ndarray:
    """Latest months in a row that fell."""
    return np.where(
        ~(months[0] < months[1]), 0, np.where(~(months[1] < months[2]), 1, 2)
    )


def _silent(months: list[np.ndarray]) -> np.ndarray:
    """Latest months in a row at zero."""
    return np.where(
        months[0] != 0, 0, np.where(months[1] != 0, 1, np.where(months[2] != 0, 2, 3))
    )
