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


class Arithmetic(Protocol[Figures]):
    """How one library does what no operator does; months are those of the window, the latest first."""

    def largest(self, months: list[Figures]) -> Figures: ...

    def smallest(self, months: list[Figures]) -> Figures: ...

    def over(self, above: Figures, below: Figures) -> Figures:
        """A ratio; none where ``below`` is 0."""
        ...

    def fell(self, months: list[Figures]) -> Figures:
        """Latest months in a row that fell."""
        ...

    def silent(self, months: list[Figures]) -> Figures:
        """Latest months in a row at zero."""
        ...

    def peak_ago(self, months: list[Figures]) -> Figures:
        """Months since the largest; none where all are 0."""
        ...


def added(left: list[Figures], right: list[Figures]) -> list[Figures]:
    """Two measures month by month."""
    return [first + second for first, second in zip(left, right, strict=True)]


def trajectory(
    of: dict[str, list[Figures]], how: Arithmetic[Figures]
) -> dict[str, Figures]:
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


def _of_minutes_out(out: list[Figures], how: Arithmetic[Figures]) -> dict[str, Figures]:
    high, low = how.largest(out), how.smallest(out)
    past, whole = out[1] + out[2], sum(out)
    swing = abs(out[0] - out[1]) + abs(out[1] - out[2])
    return {
        "voice_out_last_min": out[0],
        "voice_out_mean_min": whole / WINDOW_MONTHS,
        "voice_out_to_past_ratio": how.over(out[0] * 2, past),
        "voice_out_slope_min": (out[0] - out[2]) / 2,
        "voice_out_range_ratio": how.over((high - low) * 3, whole),
        "voice_out_decline_months": how.fell(out),
        "voice_out_to_previous_ratio": how.over(out[0], out[1]),
        "voice_out_below_peak_share": 1 - how.over(out[0], high),
        "voice_out_peak_ago_months": how.peak_ago(out),
        "voice_out_swing_ratio": how.over(swing * 3, 2 * whole),
        "voice_out_silent_months": how.silent(out),
    }


def _of_minutes_in(into: list[Figures], how: Arithmetic[Figures]) -> dict[str, Figures]:
    return {
        "voice_in_last_min": into[0],
        "voice_in_to_past_ratio": how.over(into[0] * 2, into[1] + into[2]),
        "voice_in_slope_min": (into[0] - into[2]) / 2,
        "voice_in_decline_months": how.fell(into),
        "voice_in_silent_months": how.silent(into),
    }


def _of_counts(
    call_out: list[Figures], call: list[Figures], how: Arithmetic[Figures]
) -> dict[str, Figures]:
    return {
        "call_out_last_count": call_out[0],
        "call_out_decline_months": how.fell(call_out),
        "call_to_past_ratio": how.over(call[0] * 2, call[1] + call[2]),
        "call_below_peak_share": 1 - how.over(call[0], how.largest(call)),
    }


def _of_minutes_a_call(
    out: list[Figures], call_out: list[Figures], how: Arithmetic[Figures]
) -> dict[str, Figures]:
    last = how.over(out[0], call_out[0])
    past = how.over(out[1] + out[2], call_out[1] + call_out[2])
    return {
        "voice_out_per_call_out_last_min": last,
        "voice_out_per_call_out_change_min": last - past,
    }


def _of_shares(
    into: list[Figures],
    night: list[Figures],
    late: list[Figures],
    talk: list[Figures],
    how: Arithmetic[Figures],
) -> dict[str, Figures]:
    past_talk = talk[1] + talk[2]
    into_last = how.over(into[0], talk[0])
    into_past = how.over(into[1] + into[2], past_talk)
    night_last = how.over(night[0], talk[0])
    night_past = how.over(night[1] + night[2], past_talk)
    return {
        "voice_in_last_share": into_last,
        "voice_in_change_share": into_last - into_past,
        "call_late_month_share": how.over(late[0], talk[0]),
        "call_night_share": how.over(sum(night), sum(talk)),
        "call_night_change_share": night_last - night_past,
    }


def _of_hotline(own: list[Figures]) -> dict[str, Figures]:
    return {
        "own_hotline_window_count": sum(own),
        "own_hotline_last_count": own[0],
    }
