"""What those who write ``month_usage`` and ``feat_calls`` by hand have to agree on."""

from typing import Any, Protocol, TypeVar

MINUTES = {  # of calls for which a flag of the record holds
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
COUNTS = {  # of records for which a flag holds
    "voice_out_count": "is_call_out",
    "voice_in_count": "is_call_in",
    "sms_count": "is_sms",
    "sms_out_count": "is_sms_out",
    "mms_count": "is_mms",
    "data_session_count": "is_data",
    "own_hotline_count": "to_own_hotline",
    "competitor_hotline_count": "to_competitor_hotline",
}
CALLS_READ = (
    "voice_out_min",
    "voice_in_min",
    "voice_out_count",
    "voice_in_count",
    "late_month_min",
    "night_min",
    "own_hotline_count",
)
WINDOW_MONTHS = 3

Figures = TypeVar("Figures", bound=Any)
Months = list[Figures]  # one measure in the months of the window, the latest first
Columns = dict[str, Figures]


class Arithmetic(Protocol[Figures]):
    """How one library does what no operator does."""

    def largest(self, months: Months) -> Figures: ...

    def smallest(self, months: Months) -> Figures: ...

    def over(self, above: Figures, below: Figures) -> Figures:
        """A ratio; none where ``below`` is 0."""
        ...

    def fell(self, months: Months) -> Figures:
        """Latest months in a row that fell."""
        ...

    def silent(self, months: Months) -> Figures:
        """Latest months in a row at zero."""
        ...

    def peak_ago(self, months: Months) -> Figures:
        """Months since the largest; none where all are 0."""
        ...


def added(left: Months, right: Months) -> Months:
    """Two measures month by month."""
    return [first + second for first, second in zip(left, right, strict=True)]


def past(months: Months) -> Figures:
    """The two months before the last together."""
    _, middle, first = months
    return middle + first


def trajectory(of: dict[str, Months], how: Arithmetic[Figures]) -> Columns:
    """The 29 columns of ``feat_calls`` from three months of each measure, latest first."""
    out, into = of["voice_out_min"], of["voice_in_min"]
    talk = added(out, into)
    call_out = of["voice_out_count"]
    call = added(call_out, of["voice_in_count"])
    return (
        _of_minutes_out(out, how)
        | _of_minutes_in(into, how)
        | _of_counts(call_out, call, how)
        | _of_minutes_a_call(out, call_out, how)
        | _of_shares(into, of["night_min"], of["late_month_min"], talk, how)
        | _of_hotline(of["own_hotline_count"])
    )


def _of_minutes_out(out: Months, how: Arithmetic[Figures]) -> Columns:
    last, middle, first = out
    high, low, whole = how.largest(out), how.smallest(out), sum(out)
    swing = abs(last - middle) + abs(middle - first)
    return {
        "voice_out_last_min": last,
        "voice_out_mean_min": whole / WINDOW_MONTHS,
        "voice_out_to_past_ratio": how.over(last * 2, past(out)),
        "voice_out_slope_min": (last - first) / 2,
        "voice_out_range_ratio": how.over((high - low) * 3, whole),
        "voice_out_decline_months": how.fell(out),
        "voice_out_to_previous_ratio": how.over(last, middle),
        "voice_out_below_peak_share": 1 - how.over(last, high),
        "voice_out_peak_ago_months": how.peak_ago(out),
        "voice_out_swing_ratio": how.over(swing * 3, 2 * whole),
        "voice_out_silent_months": how.silent(out),
    }


def _of_minutes_in(into: Months, how: Arithmetic[Figures]) -> Columns:
    last, _, first = into
    return {
        "voice_in_last_min": last,
        "voice_in_to_past_ratio": how.over(last * 2, past(into)),
        "voice_in_slope_min": (last - first) / 2,
        "voice_in_decline_months": how.fell(into),
        "voice_in_silent_months": how.silent(into),
    }


def _of_counts(call_out: Months, call: Months, how: Arithmetic[Figures]) -> Columns:
    return {
        "call_out_last_count": call_out[0],
        "call_out_decline_months": how.fell(call_out),
        "call_to_past_ratio": how.over(call[0] * 2, past(call)),
        "call_below_peak_share": 1 - how.over(call[0], how.largest(call)),
    }


def _of_minutes_a_call(
    out: Months, call_out: Months, how: Arithmetic[Figures]
) -> Columns:
    last = how.over(out[0], call_out[0])
    before = how.over(past(out), past(call_out))
    return {
        "voice_out_per_call_out_last_min": last,
        "voice_out_per_call_out_change_min": last - before,
    }


def _of_shares(
    into: Months,
    night: Months,
    late: Months,
    talk: Months,
    how: Arithmetic[Figures],
) -> Columns:
    """Parts of all minutes of talk."""
    into_last = how.over(into[0], talk[0])
    into_before = how.over(past(into), past(talk))
    night_last = how.over(night[0], talk[0])
    night_before = how.over(past(night), past(talk))
    return {
        "voice_in_last_share": into_last,
        "voice_in_change_share": into_last - into_before,
        "call_late_month_share": how.over(late[0], talk[0]),
        "call_night_share": how.over(sum(night), sum(talk)),
        "call_night_change_share": night_last - night_before,
    }


def _of_hotline(own: Months) -> Columns:
    return {
        "own_hotline_window_count": sum(own),
        "own_hotline_last_count": own[0],
    }
