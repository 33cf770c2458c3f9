"""The README's smallest profile, taken from the README: bills in CSV files go all the way to a published list."""

from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from tests.own_profile import LAST, LEAVE_BELOW_CNY


def test_bills_alone_are_enough_for_a_published_list(own: Settings) -> None:
    run = MonthRun(own, LAST)
    published = run.warehouse.published(LAST)
    assert len(published) == round(0.1 * run.lake.rows("cohort", LAST)) > 40
    assert {row["reason_1"] for row in published} <= {
        feature.group for feature in run.registry.features
    }
    run.close()


def test_only_the_features_whose_tables_are_delivered_are_there(own: Settings) -> None:
    run = MonthRun(own, LAST)
    assert {query.output.table for query in run.registry.queries["month"]} == {
        "month_activity",
        "month_billing",
    }
    assert {query.output.table for query in run.registry.queries["features"]} == {
        "feat_spend",
        "feat_bill_items",
    }


def test_the_list_finds_those_whose_bills_shrink(own: Settings) -> None:
    """The planted reason is found: the lowest bills crowd the list."""
    run = MonthRun(own, LAST)
    published = run.warehouse.published(LAST)
    assert sum(row["arpu_cny"] < 2 * LEAVE_BELOW_CNY for row in published) > 0.8 * len(
        published
    )
    run.close()
