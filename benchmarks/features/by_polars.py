"""``month_usage`` and ``feat_calls`` as a careful hand writes them in polars: lazy, the same definitions."""

from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.features.definitions import (
    CALLS_READ,
    COUNTS,
    MINUTES,
    WINDOW_MONTHS,
    trajectory,
)
from churn_tasks.core.windows import Window


def usage(path: Path, window: Window) -> pl.DataFrame:
    """``month_usage`` of the month."""
    start, end = window.month.start, window.as_of
    records = pl.scan_parquet(path, hive_partitioning=False).filter(
        pl.col("event_date").is_between(start, end, closed="left"),
        pl.col("known_date") < window.known_until,
    )
    records = _told(records)
    made = _summed(records)
    made = made.join(_days(records, start, end), on="customer_id", how="left")
    made = made.join(_circle(records), on="customer_id", how="left")
    return made.collect(engine="streaming")


def _summed(records: pl.LazyFrame) -> pl.LazyFrame:
    """Minutes, counts and megabytes by customer, and the last day with use."""
    data_kb = pl.col("data_kb")
    roaming_kb = data_kb.filter(pl.col("is_roaming"))
    return records.group_by("customer_id").agg(
        *[_minutes(flag).alias(name) for name, flag in MINUTES.items()],
        *[pl.col(flag).sum().alias(name) for name, flag in COUNTS.items()],
        data_mb=data_kb.sum() / 1000,
        roaming_mb=roaming_kb.sum() / 1000,
        last_use_date=pl.col("event_date").max(),
    )


def _minutes(flag: str) -> pl.Expr:
    seconds = pl.col("call_s").filter(pl.col(flag)).sum()
    return (seconds / 60).round(4)


def _told(records: pl.LazyFrame) -> pl.LazyFrame:
    """The flags of each record."""
    kind, peer = pl.col("kind"), pl.col("peer_kind")
    is_voice, is_sms, is_data = kind == "voice", kind == "sms", kind == "data"
    out = pl.col("direction").ne_missing("in")
    call_out = is_voice & out
    operator = pl.col("peer_operator")
    is_within = operator.is_in(["own", "fixed"])
    hour = pl.col("event_at").dt.hour()
    is_weekend = pl.col("event_date").dt.weekday() >= 6
    is_office_hour = (hour >= 8) & (hour < 18)
    return records.with_columns(
        is_call_out=call_out,
        is_call_in=is_voice & ~out,
        is_out=out,
        is_off_net=(~is_within).fill_null(False),
        is_on_net=operator.eq_missing("own"),
        is_roaming=pl.col("is_roaming").fill_null(False),
        is_long_distance=pl.col("is_long_distance").fill_null(False),
        is_other_carrier=pl.col("carrier").eq_missing("other"),
        is_night=(hour >= 22) | (hour < 6),
        is_weekend=is_weekend,
        is_work_hour=~is_weekend & is_office_hour,
        is_late=pl.col("event_date").dt.day() > 15,
        is_sms=is_sms,
        is_sms_out=is_sms & out,
        is_mms=kind == "mms",
        is_data=is_data,
        to_own_hotline=call_out & peer.eq_missing("own_hotline"),
        to_competitor_hotline=call_out & peer.eq_missing("competitor_hotline"),
        call_s=pl.when(is_voice).then(pl.col("duration_s")).otherwise(0),
        data_kb=pl.when(is_data).then(pl.col("volume_kb")).otherwise(0),
    )


def _days(records: pl.LazyFrame, start: date, end: date) -> pl.LazyFrame:
    """Different days with use, and the longest run of days without any."""
    since_start = (pl.col("event_date") - pl.lit(start)).dt.total_days()
    days = records.select("customer_id", day=since_start).unique()
    day = pl.col("day")
    longest_gap = (day - day.shift(fill_value=-1) - 1).max()
    after_last = (end - start).days - 1 - day.max()
    return (
        days.sort("customer_id", "day")
        .group_by("customer_id")
        .agg(
            active_days=pl.len(),
            longest_silence_days=pl.max_horizontal(longest_gap, after_last),
        )
    )


def _circle(records: pl.LazyFrame) -> pl.LazyFrame:
    """The people at the other end."""
    is_known = pl.col("peer_token").is_not_null()
    is_person = pl.col("peer_kind").fill_null("person") == "person"
    people = records.filter(is_known & is_person)
    pairs = people.group_by("customer_id", "peer_token").agg(
        is_off_net=pl.col("is_off_net").any(),
        is_on_net=pl.col("is_on_net").any(),
        out=pl.col("is_out").sum(),
        contact=pl.len(),
    )
    contact, out = pl.col("contact"), pl.col("out")
    called = (out > 0).sum()
    calling = (out < contact).sum()
    return pairs.group_by("customer_id").agg(
        peer_count=pl.len(),
        off_net_peer_count=pl.col("is_off_net").sum(),
        on_net_peer_count=pl.col("is_on_net").sum(),
        peer_called_count=called,
        peer_calling_count=calling,
        peer_mutual_count=called + calling - pl.len(),
        peer_contact_count=contact.sum(),
        top_peer_contact_count=contact.max(),
    )


def calls(cohort: Path, months: list[Path]) -> pl.DataFrame:
    """``feat_calls``; the files of ``month_usage`` with the latest first."""
    wide = pl.scan_parquet(cohort, hive_partitioning=False).select("customer_id")
    for ago, path in enumerate(months):
        month = pl.scan_parquet(path, hive_partitioning=False)
        figures = [_as_of_month(name, ago) for name in CALLS_READ]
        month = month.select("customer_id", *figures)
        wide = wide.join(month, on="customer_id", how="left")
    made = trajectory({name: _months_of(name) for name in CALLS_READ}, Polars())
    columns = [column.alias(name) for name, column in made.items()]
    return wide.select("customer_id", *columns).collect(engine="streaming")


def _as_of_month(name: str, ago: int) -> pl.Expr:
    return pl.col(name).cast(pl.Float64).alias(f"{name}_{ago}")


def _months_of(name: str) -> list[pl.Expr]:
    """One measure in the months of the window, the latest first; 0 for who was no customer."""
    return [pl.col(f"{name}_{ago}").fill_null(0.0) for ago in range(WINDOW_MONTHS)]


class Polars:
    """The arithmetic of the trajectory on expressions."""

    def largest(self, months: list[pl.Expr]) -> pl.Expr:
        return pl.max_horizontal(months)

    def smallest(self, months: list[pl.Expr]) -> pl.Expr:
        return pl.min_horizontal(months)

    def over(self, above: pl.Expr, below: pl.Expr) -> pl.Expr:
        return pl.when(below != 0).then(above / below)

    def fell(self, months: list[pl.Expr]) -> pl.Expr:
        last, middle, first = months
        fell_before = pl.when(~(middle < first)).then(1).otherwise(2)
        return pl.when(~(last < middle)).then(0).otherwise(fell_before)

    def silent(self, months: list[pl.Expr]) -> pl.Expr:
        last, middle, first = months
        silent_before = pl.when(first != 0).then(2).otherwise(3)
        silent_since = pl.when(middle != 0).then(1).otherwise(silent_before)
        return pl.when(last != 0).then(0).otherwise(silent_since)

    def peak_ago(self, months: list[pl.Expr]) -> pl.Expr:
        last, middle, _ = months
        high = self.largest(months)
        before_last = pl.when(middle == high).then(1).otherwise(2)
        ago = pl.when(last == high).then(0).otherwise(before_last)
        return pl.when(high != 0).then(ago)
