"""What a caller reads: a change of the customer's own, in plain words, of nothing that the customer lacks."""

import re
from collections.abc import Iterator

import pytest

from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.registry import Registry, load_registry
from churn_tasks.declared.trajectory.ends import end_of, ends_sql
from churn_tasks.declared.trajectory.feature import features_of
from churn_tasks.warning.playbook import load_playbook
from churn_tasks.warning.sayings import Moving, Saying, Sayings

PROFILES = ("telecom", "telecom_wide", "retail")
STATISTICS = re.compile(
    r"least.squares|slope|standard deviation|z.score|variance|percentile|quantile|median|regression|coefficient"
    r"|log.odds|logarithm|probability|correlation|as_of|observe|the window"
    r"|最小二乘|斜率|标准差|方差|分位|中位数|回归|系数|对数|几率|概率|相关性|线性趋势|观察",
    re.IGNORECASE,
)
TELECOM = re.compile(
    r"\bcalls?\b|phone|\bdata\b|\bSMS\b|message|network|\bplan\b|tariff|operator|top-?up|contract|broadband"
    r"|通话|流量|短信|套餐|资费|号码|号线|网络|运营商|充值|合约|宽带|终端",
    re.IGNORECASE,
)
# first and latest month: fell, rose, fell to nothing, steady, and a small change
FIGURES = ((412.0, 96.0), (96.0, 412.0), (412.0, 0.0), (50.0, 50.0), (51.0, 50.0))


@pytest.fixture(scope="module")
def telecom() -> Registry:
    return load_registry(load_settings("telecom"))


def moving_of(registry: Registry) -> dict[str, Moving]:
    moving = {}
    for query in registry.queries["features"]:
        if query.trajectory:
            for feature in features_of(query.trajectory):
                moving[feature.name] = Moving(
                    query.output.table, feature, feature.measure.unit
                )
    return moving


def said(
    registry: Registry, name: str, first: float, last: float, value: float = 30.0
) -> Saying | None:
    """What is said of a feature whose every measure went from ``first`` to ``last``."""
    moving = moving_of(registry)
    (feature,) = [each for each in registry.features if each.name == name]
    ends = {}
    if name in moving:
        for measure in moving[name].feature.line.measures:
            ends |= {end_of(measure, "first"): first, end_of(measure, "last"): last}
        table = {(moving[name].table, "c"): ends}
        return Sayings(3, moving, table).said("c", feature, value)
    return Sayings(3, {}, {}).said("c", feature, value)


@pytest.mark.parametrize("by", ["slope_min", "to_past_ratio", "decline_months"])
def test_a_fall_is_said_from_where_to_where_and_in_how_long(
    telecom: Registry, by: str
) -> None:
    saying = said(telecom, f"voice_out_{by}", 412, 96)
    assert saying and saying.words and not saying.is_steady
    assert saying.words.en == "outgoing call minutes fell from 412 to 96 in 3 months"
    assert saying.words.zh == "主叫时长3个月内由412分钟降至96分钟"


def test_the_meaning_of_the_feature_would_speak_of_statistics(
    telecom: Registry,
) -> None:
    """Negative control: the catalogue's own words."""
    (slope,) = [each for each in telecom.features if each.name == "voice_out_slope_min"]
    assert STATISTICS.search(slope.en) and STATISTICS.search(slope.zh)


def test_what_did_not_fall_is_said_as_a_level_and_marked(telecom: Registry) -> None:
    for first, last in ((50, 50), (51, 50), (3, 2), (2, 30)):
        saying = said(telecom, "voice_out_slope_min", first, last)
        assert saying and saying.words and saying.is_steady
        assert "fell" not in saying.words.en


@pytest.mark.parametrize(
    "name", ["voice_out_slope_min", "broadband_active_last_days", "data_to_past_ratio"]
)
def test_nothing_is_said_of_what_the_customer_does_not_have(
    telecom: Registry, name: str
) -> None:
    assert said(telecom, name, 0, 0) is None
    assert said(telecom, name, 30, 3), "the same figure speaks where there is something"


def test_a_rise_that_goes_with_leaving_is_said_and_a_fall_of_it_is_not(
    telecom: Registry,
) -> None:
    rose = said(telecom, "competitor_hotline_last_count", 0, 3)
    assert rose and rose.words and "rose from 0 to 3" in rose.words.en
    assert said(telecom, "competitor_hotline_last_count", 3, 0) is None


def test_days_since_are_said_from_a_week_on(telecom: Registry) -> None:
    assert said(telecom, "silent_days", 0, 0, value=6) is None
    saying = said(telecom, "silent_days", 0, 0, value=23)
    assert saying and saying.words
    assert saying.words.en == "23 days since the latest record of any kind"
    assert saying.words.zh == "最近一次使用距月底23天"


def sentences(profile: str) -> Iterator[tuple[str, str, str]]:
    """Every text that a list of the profile can hold: where it is from, English, Chinese."""
    settings = load_settings(profile)
    registry = load_registry(settings)
    playbook = load_playbook(settings)
    groups = {feature.group for feature in registry.features}
    spoken = playbook.reasons.of_role("cause", "symptom", "profile")
    for name in sorted(groups.intersection(spoken)):
        reason = playbook.reasons.groups[name]
        texts = [reason.title, reason.says, playbook.strategies.by_reason[name]]
        if reason.steady:
            texts.append(reason.steady)
        for text in texts:
            yield name, text.en, text.zh
    yield "without", *playbook.strategies.without_reason.model_dump().values()
    there = {feature.name for feature in registry.features}
    for name, sign in playbook.reasons.signs.items():
        if there.intersection(sign.of):
            words = {"value": "2", "months": 3}
            yield name, sign.says.en.format(**words), sign.says.zh.format(**words)
    for feature in registry.features:
        if feature.group in spoken and feature.name not in playbook.reasons.not_said:
            yield from _said_of(registry, feature)


def _said_of(
    registry: Registry, feature: FeatureColumn
) -> Iterator[tuple[str, str, str]]:
    for first, last in FIGURES:
        for value in (-3.0, 0.4, 30.0):
            saying = said(registry, feature.name, first, last, value)
            if saying and saying.words:
                yield feature.name, saying.words.en, saying.words.zh


@pytest.mark.parametrize("profile", PROFILES)
def test_no_text_speaks_of_statistics_or_in_our_own_words(profile: str) -> None:
    texts = list(sentences(profile))
    assert len(texts) > 50
    wrong = {
        name: (en, zh)
        for name, en, zh in texts
        if STATISTICS.search(en) or STATISTICS.search(zh)
    }
    assert wrong == {}


def test_the_list_of_a_shop_does_not_speak_of_telephones() -> None:
    wrong = {
        name: (en, zh)
        for name, en, zh in sentences("retail")
        if TELECOM.search(en) or TELECOM.search(zh)
    }
    assert wrong == {}
    telecom = [en for _, en, _ in sentences("telecom_wide")]
    assert any(TELECOM.search(en) for en in telecom), (
        "the same search finds an operator's"
    )


def test_what_we_did_is_no_reason() -> None:
    reasons = load_playbook(load_settings("telecom")).reasons
    assert "offer" in reasons.of_role("ours")
    assert {"contact_window_count", "offer_accepted_share"} <= reasons.not_said


def test_both_ends_are_read_of_the_asked_measures_alone(telecom: Registry) -> None:
    (calls,) = [q for q in telecom.queries["features"] if q.name == "calls"]
    assert calls.trajectory
    sql = ends_sql(calls.trajectory, ["voice_out"], 3)
    assert "usage_2.voice_out_min" in sql and "usage_0.voice_out_min" in sql
    assert "usage_1" not in sql and "voice_in" not in sql
