"""``month_usage`` and ``feat_calls`` as a careful hand writes them in polars: lazy, the same definitions."""

from datetime import date
from pathlib import Path

import polars as pl

from churn_tasks.core.windows import Window

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


def usage(path: Path, window: Window) -> pl.DataFrame:
    """``month_usage`` of the month."""
    records = _told(
        pl.scan_parquet(path, hive_partitioning=False).filter(
            pl.col("event_date").is_between(
                window.month.start, window.as_of, closed="left"
            ),
            pl.col("known_date") < window.known_until,
        )
    )
    summed = records.group_by("customer_id").agg(
        *[
            (pl.col("call_s").filter(pl.col(flag)).sum() / 60).round(4).alias(name)
            for name, flag in MINUTES.items()
        ],
        *[pl.col(flag).sum().alias(name) for name, flag in COUNTS.items()],
        (pl.col("data_kb").sum() / 1000).alias("data_mb"),
        (pl.col("data_kb").filter(pl.col("is_roaming")).sum() / 1000).alias(
            "roaming_mb"
        ),
        pl.col("event_date").max().alias("last_use_date"),
    )
    made = summed.join(
        _days(records, window.month.start, window.as_of), on="customer_id", how="left"
    )
    return made.join(_circle(records), on="customer_id", how="left").collect(
        engine="streaming"
    )


def _told(records: pl.LazyFrame) -> pl.LazyFrame:
    """The flags of each record."""
    kind, hour, weekday = (
        pl.col("kind"),
        pl.col("event_at").dt.hour(),
        pl.col("event_date").dt.weekday(),
    )
    out = pl.col("direction").ne_missing("in")
    call_out = (kind == "voice") & out
    return records.with_columns(
        is_call_out=call_out,
        is_call_in=(kind == "voice") & ~out,
        is_out=out,
        is_off_net=(~pl.col("peer_operator").is_in(["own", "fixed"])).fill_null(False),
        is_on_net=pl.col("peer_operator").eq_missing("own"),
        is_roaming=pl.col("is_roaming").fill_null(False),
        is_long_distance=pl.col("is_long_distance").fill_null(False),
        is_other_carrier=pl.col("carrier").eq_missing("other"),
        is_night=(hour >= 22) | (hour < 6),
        is_weekend=weekday >= 6,
        is_work_hour=(weekday < 6) & (hour >= 8) & (hour < 18),
        is_late=pl.col("event_date").dt.day() > 15,
        is_sms=kind == "sms",
        is_sms_out=(kind == "sms") & out,
        is_mms=kind == "mms",
        is_data=kind == "data",
        to_own_hotline=call_out & pl.col("peer_kind").eq_missing("own_hotline"),
        to_competitor_hotline=call_out
        & pl.col("peer_kind").eq_missing("competitor_hotline"),
        call_s=pl.when(kind == "voice").then(pl.col("duration_s")).otherwise(0),
        data_kb=pl.when(kind == "data").then(pl.col("volume_kb")).otherwise(0),
    )


def _days(records: pl.LazyFrame, start: date, end: date) -> pl.LazyFrame:
    """Different days with use, and the longest run of days without any."""
    day = (pl.col("event_date") - pl.lit(start)).dt.total_days()
    days = records.select("customer_id", day=day).unique().sort("customer_id", "day")
    before = pl.col("day").shift(fill_value=-1)
    gap, last = (
        (pl.col("day") - before - 1).max(),
        (end - start).days - 1 - pl.col("day").max(),
    )
    return days.group_by("customer_id").agg(
        active_days=pl.len(), longest_silence_days=pl.max_horizontal(gap, last)
    )


def _circle(records: pl.LazyFrame) -> pl.LazyFrame:
    """The people at the other end."""
    person = pl.col("peer_token").is_not_null() & (
        pl.col("peer_kind").fill_null("person") == "person"
    )
    pair = (
        records.filter(person)
        .group_by("customer_id", "peer_token")
        .agg(
            is_off_net=pl.col("is_off_net").any(),
            is_on_net=pl.col("is_on_net").any(),
            out=pl.col("is_out").sum(),
            contact=pl.len(),
        )
    )
    called, calling = (
        (pl.col("out") > 0).sum(),
        (pl.col("out") < pl.col("contact")).sum(),
    )
    return pair.group_by("customer_id").agg(
        peer_count=pl.len(),
        off_net_peer_count=pl.col("is_off_net").sum(),
        on_net_peer_count=pl.col("is_on_net").sum(),
        peer_called_count=called,
        peer_calling_count=calling,
        peer_mutual_count=called + calling - pl.len(),
        peer_contact_count=pl.col("contact").sum(),
        top_peer_contact_count=pl.col("contact").max(),
    )


def calls(cohort: Path, months: list[Path]) -> pl.DataFrame:
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
    wide = pl.scan_parquet(cohort, hive_partitioning=False).select("customer_id")
    for ago, path in enumerate(months):
        named = [
            pl.col(name).cast(pl.Float64).alias(f"{name}_{ago}") for name in columns
        ]
        seen = pl.scan_parquet(path, hive_partitioning=False).select(
            "customer_id", *named
        )
        wide = wide.join(seen, on="customer_id", how="left")
    of = {
        name: [pl.col(f"{name}_{ago}").fill_null(0.0) for ago in range(3)]
        for name in columns
    }
    found = [column.alias(name) for name, column in trajectory(of).items()]
    return wide.select("customer_id", *found).collect(engine="streaming")


def trajectory(of: dict[str, list[pl.Expr]]) -> dict[str, pl.Expr]:
    """The 29 columns of ``feat_calls`` from three months of each measure, latest first."""
    out, into = of["voice_out_min"], of["voice_in_min"]
    talk = [a + b for a, b in zip(out, into, strict=True)]
    call_out, night, own = (
        of["voice_out_count"],
        of["night_min"],
        of["own_hotline_count"],
    )
    call = [a + b for a, b in zip(call_out, of["voice_in_count"], strict=True)]
    high = pl.max_horizontal(out)
    peak = pl.when(out[0] == high).then(0).when(out[1] == high).then(1).otherwise(2)
    return {
        "voice_out_last_min": out[0],
        "voice_out_mean_min": _all(out) / 3,
        "voice_out_to_past_ratio": _over(out[0] * 2, out[1] + out[2]),
        "voice_out_slope_min": (out[0] - out[2]) / 2,
        "voice_out_range_ratio": _over((high - pl.min_horizontal(out)) * 3, _all(out)),
        "voice_out_decline_months": _fell(out),
        "voice_out_to_previous_ratio": _over(out[0], out[1]),
        "voice_out_below_peak_share": 1 - _over(out[0], high),
        "voice_out_peak_ago_months": pl.when(high != 0).then(peak),
        "voice_out_swing_ratio": _over(
            ((out[0] - out[1]).abs() + (out[1] - out[2]).abs()) * 3, 2 * _all(out)
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
        "call_below_peak_share": 1 - _over(call[0], pl.max_horizontal(call)),
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


def _all(months: list[pl.Expr]) -> pl.Expr:
    return months[0] + months[1] + months[2]


def _over(above: pl.Expr, below: pl.Expr) -> pl.Expr:
    return pl.when(below != 0).then(above / below)


def _fell(months: list[pl.Expr]) -> pl.Expr:
    """Latest months in a row that fell."""
    return (
        pl.when(~(months[0] < months[1]))
        .then(0)
        .when(~(months[1] < months[2]))
        .then(1)
        .otherwise(2)
    )


def _silent(months: list[pl.Expr]) -> pl.Expr:
    """Latest months in a row at zero."""
    return (
        pl.when(months[0] != 0)
        .then(0)
        .when(months[1] != 0)
        .then(1)
        .when(months[2] != 0)
        .then(2)
        .otherwise(3)
    )
