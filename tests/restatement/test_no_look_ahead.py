"""What becomes known after a run changes nothing that the run makes, restated months included."""

from churn_tasks.walks.month import run_step
from tests.restatement.conftest import Road, digests
from tests.restatement.late_bills import AUGUST, JULY, read_bills, write_bills

STEPS = (
    "extract",
    "late",
    "check_raw",
    "integrate",
    "match",
    "texts",
    "summarise",
    "features",
    "labels",
)


def _with_a_bill_known_on(road: Road, day: str) -> dict[str, str]:
    """The lake after August ran again, with one more bill of July that became known on a day."""
    bills = read_bills(road.original, JULY)
    write_bills(road.data, JULY, [*bills, ("newcomer", 50.0, day)])
    for step in STEPS:
        run_step(step, road.settings, AUGUST)
    write_bills(road.data, JULY, bills)
    return digests(road.settings)


def test_a_bill_that_is_known_after_the_run_is_not_seen(copied: Road) -> None:
    before = {name: digest for name, (digest, *_) in copied.after.items()}
    not_run = (
        "label",
        "score_",
        "out_",
        "feature_",
    )  # restated by the tasks after those that run here
    seen = _with_a_bill_known_on(copied, "2024-09-06")
    forgotten = {
        name for name in before if "restated=" in name and name.startswith(not_run)
    }
    assert seen == {
        name: digest for name, digest in before.items() if name not in forgotten
    }


def test_a_bill_that_is_known_the_day_before_is_seen(copied: Road) -> None:
    """Negative control: one day earlier, and July's restatement and August's own features change."""
    before = {name: digest for name, (digest, *_) in copied.after.items()}
    seen = _with_a_bill_known_on(copied, "2024-09-05")
    changed = {name for name in seen if seen[name] != before[name]}
    assert "clean_bill/month=2024-07-01/late=2024-09-06.parquet" in changed
    assert not [name for name in changed if "month=2024-07-01/data.parquet" in name]
