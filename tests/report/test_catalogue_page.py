"""The page of the catalogue: what is pointed at and what is not, words for bins, and everything escaped."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.sections import Watch
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.report.bin_names import bin_name
from churn_tasks.report.catalogue import CatalogueContent, Entry
from churn_tasks.report.catalogue_page import catalogue_page

COLUMN = FeatureColumn(
    name="bill_last_cny", type="decimal", unit="CNY", en="Latest <bill>", zh="最近账单", family="consumption",
    group="spend_drop", expect="down",
)  # fmt: skip
FIGURES = dict.fromkeys(("mean", "p01", "p05", "p25", "p50", "p75", "p95", "p99"), 12.5)
CALM: dict[str, Any] = {
    **FIGURES, "row_count": 1000, "missing_share": 0.01, "zero_share": 0.1, "psi": 0.02, "psi_before": 0.01,
    "reference_month": dt.date(2024, 3, 1), "judged_month": dt.date(2024, 4, 1), "auc": 0.4, "auc_error": 0.01,
    "iv": 0.1,
}  # fmt: skip


def bin_row(
    place: int, above: float | None, up_to: float | None, **more: Any
) -> dict[str, Any]:
    counts = {"row_count": 400, "judged_count": 300, "leaver_count": 30}
    return {
        "place": place,
        "above": above,
        "up_to": up_to,
        "text_value": None,
        "is_missing": False,
        **counts,
        **more,
    }


BINS = [
    bin_row(0, None, 0.0),
    bin_row(1, 0.0, 40.0),
    bin_row(2, 40.0, None),
    bin_row(3, None, None, is_missing=True),
]


def entry(*stats: dict[str, Any] | None, **more: Any) -> Entry:
    made = {
        "folder": "include/sql/features/spend",
        "table": "feat_spend",
        "selection": None,
        "watch": Watch(),
    }
    return Entry(
        **{
            "column": COLUMN,
            "stats": stats or (CALM, CALM),
            "bins": BINS,
            "reference": BINS,
            **made,
            **more,
        }
    )


@pytest.mark.parametrize(("changed", "alarms"), [
    ({}, ()),
    ({"psi": 0.3}, ("drift",)),
    ({"psi_before": 0.26}, ("drift",)),
    ({"psi": 0.12}, ("shift",)),
    ({"missing_share": 0.07}, ("missing",)),
    ({"missing_share": 1.0, "psi": 3.0}, ("drift", "missing")),
    ({"auc": 0.56}, ("contrary",)),
    ({"auc": 0.52, "auc_error": 0.01}, ()),  # the other way, but not beyond three standard errors
    ({"auc": 0.05}, ("leak",)),
    ({"auc": 0.95}, ("leak", "contrary")),
    ({"auc": None, "iv": 0.0}, ()),
])  # fmt: skip
def test_what_stands_out_is_pointed_at(
    changed: dict[str, Any], alarms: tuple[str, ...]
) -> None:
    assert entry(CALM, CALM | changed).alarms == alarms


def test_a_feature_that_is_not_made_any_more_is_named() -> None:
    assert entry(CALM, None).alarms == ("gone",)
    assert entry(CALM, None).judged is CALM


def test_without_an_expected_direction_none_is_contrary() -> None:
    column = COLUMN.model_copy(update={"expect": "none"})
    assert entry(CALM, CALM | {"auc": 0.7}, column=column).alarms == ()
    assert entry(CALM, CALM | {"auc": 0.7}, column=column).seen == "up"


def test_bins_are_named_by_what_is_in_them() -> None:
    shown = entry()
    assert [bin_name(shown, row) for row in BINS] == ["≤ 0", "0 … 40", "> 40", "∅"]
    whole = entry(column=COLUMN.model_copy(update={"type": "integer"}))
    assert bin_name(whole, bin_row(1, 0.0, 1.0)) == "= 1"
    assert bin_name(whole, bin_row(1, 1.0, 5.0)) == "1 … 5"
    assert [
        bin_name(shown, bin_row(0, None, -5e-324)),
        bin_name(shown, bin_row(1, -5e-324, 0.0)),
    ] == ["< 0", "= 0"]
    text = entry(column=COLUMN.model_copy(update={"type": "text"}))
    assert [
        bin_name(text, bin_row(0, None, None, text_value=value))
        for value in ("gold", None)
    ] == ["gold", "…"]


def test_the_page_says_each_thing_once_and_escapes_it(tmp_path) -> None:
    selection = {
        "is_kept": False,
        "reason": "twin",
        "twin_of": "bill_mean_cny",
        "correlation": 0.981,
        "place": None,
    }
    entries = [
        entry(selection=selection),
        entry(CALM, CALM | {"psi": 0.4}),
        entry(None, None, bins=[], reference=[]),
    ]
    content = CatalogueContent(
        load_settings("telecom", state_dir=tmp_path),
        [Month(2024, 5), Month(2024, 6)],
        entries,
        Month(2024, 6),
    )
    page = catalogue_page(content)
    assert page.count('<details class="feature"') == 3
    assert "Latest &lt;bill&gt;" in page and "<bill>" not in page
    assert "与他列重复" in page and "bill_mean_cny" in page and "0.981" in page
    assert 'data-alarms="drift"' in page and 'data-alarms="gone"' in page
    assert "include/sql/features/spend" in page
    assert catalogue_page(replace(content)) == page
