"""The month beside the month before, its summary beside its rows, and its labels beside earlier ones: judged, kept."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from churn_tasks.checks.bounds import YEAR
from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.exceptions import with_stated
from churn_tasks.checks.gate import Failure, Verdict, judge, stop_on_failures
from churn_tasks.checks.measures import Measure, Suite
from churn_tasks.checks.relations import (
    CLOSED_AGAIN,
    RELATION,
    OfRegion,
    Share,
    Text,
    beside_bill_measure,
    region_measure,
    regions_of,
    regions_of_nobody,
    share_measure,
    summed,
)
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.sections import Quality, Relations
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import Relation, subquery, union_all
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import label_lag, months_of_models
from churn_tasks.runner.step import Made
from churn_tasks.work.acceptances import acceptances_of
from churn_tasks.work.judged_lines import JUDGED, judged_line

log = logging.getLogger("churn.check_relations")

STAGE = "relations"
Rows = list[dict[str, Any]]
Judged = tuple[Measure, float]
NO_REGIONS = subquery(
    "SELECT NULL::DATE AS month, NULL::VARCHAR AS customer_id, NULL::VARCHAR AS region_code WHERE false"
)
NO_FEES = subquery(
    "SELECT NULL::DATE AS month, NULL::VARCHAR AS customer_id, NULL::DECIMAL(18, 4) AS plan_fee_cny WHERE false"
)
OF_BILLING = ("bill_cny", "payment_cny", "recharge_cny", "arrears_cny")
LEAST_CLOSED = 10  # accounts from which their share says anything
NO_LINES = subquery("SELECT NULL::DATE AS month, NULL::VARCHAR AS customer_id")
GONE: Text = (
    "上月客户当月未再出现的比例",
    "customers of the month before who are not seen again",
)
JOINED: Text = (
    "当月客户上月未出现的比例",
    "customers who were not there in the month before",
)
LOST: Text = (
    "明细中有、月汇总中没有的客户比例",
    "customers in the clean rows whom the month's summary lacks",
)
NO_PERSON: Text = (
    "没有对应自然人的客户比例",
    "customers who are no person of the customer master",
)
CLOSED: Text = (
    "上上月主档记为已销户、当月却仍活跃的比例；主档是否为事后读取",
    "accounts that the master of the month before last calls closed, and that are active in this one; was that master"
    " read when its customers had left since? Such a month lacks its leavers. Deliver it as it stood",
)
CHURNED: Text = ("标签中的流失率", "labelled customers who left in the predict window")
LEFT_EARLY: Text = ("标签中缓冲期内流失的比例", "labelled customers who left before the predict window")  # fmt: skip


@dataclass(frozen=True)
class Taught:
    """What the relations of earlier months say, read once for all of them.

    Attributes:
        month: the one that is judged.
        history: of the earlier months that were not stopped, each with its measures.
        stopped: the earlier months that were.
    """

    month: Month
    quality: Quality
    history: Mapping[Month, Mapping[str, float]]
    stopped: set[Month]

    def judged(self, share: Share) -> Judged:
        """A share with its bounds, learnt from the months that no relation has stopped."""
        history = self.history
        months = sorted(month for month in history if share.name in history[month])
        taught = months[-self.quality.max_months :]
        year_ago = history.get(self.month - YEAR, {}).get(share.name)
        values = [history[month][share.name] for month in taught]
        return share_measure(share, values, year_ago, self.quality), share.value


def judge_relations(run: MonthRun) -> Made:
    """Judge every relation that the month has, and write ``relation``.

    Raises:
        CheckFailed: a bound is broken, or the labels of an earlier month that would be learnt from are refused.
    """
    taught = _taught(run)
    _refuse_refused_labels(run, taught.stopped)
    again = _customers_again(run)
    closed = _closed_again(run)
    judged = [
        *_of_customers(again, taught),
        *_of_closed(closed, taught),
        *_reached(run, taught),
        *_beside_bills(run),
        *_of_labels(run, taught),
    ]
    if not judged:
        return Made(idle="there is nothing to compare the month with")
    suite = with_stated(
        Suite(RELATION, [measure for measure, _ in judged]), taught.quality
    )
    values = [value for _, value in judged]
    figures = dict(zip(suite.figure_names, values, strict=True))
    site = Site(run.settings.data_docs_dir, run.edition, STAGE)
    verdict = judge([suite], figures, site, acceptances_of(run))
    for warning in verdict.warnings:
        log.warning("%s %s", run.month, warning)
    written = run.engine.write(RELATION, run.month, _lines(verdict))
    failures = []
    for failure in verdict.failures:
        failures.append(_with_customers(failure, again, closed))
    stop_on_failures(replace(verdict, failures=tuple(failures)), site)
    return Made({RELATION: written}, verdict.facts())


def _of_customers(again: Rows, taught: Taught) -> Iterator[Judged]:
    """Who of the month before is seen again, and who is new."""
    relations = taught.quality.relations
    before, now = summed(again, "customers_before"), summed(again, "customers_now")
    if not before or not now:
        return
    gone, joined = summed(again, "gone"), summed(again, "joined")
    yield taught.judged(Share("gone_share", gone, before, GONE, relations.gone))
    yield taught.judged(Share("joined_share", joined, now, JOINED, relations.gone))
    of_before = list(regions_of(again, "gone", "customers_before"))
    yield from _of_regions("gone_of_region", GONE, of_before, relations)
    of_now = list(regions_of(again, "joined", "customers_now"))
    yield from _of_regions("joined_of_region", JOINED, of_now, relations)


def _of_closed(closed: Mapping[str, Any], taught: Taught) -> Iterator[Judged]:
    """Whether those who were called gone are gone: who has closed is left out of every cohort, unseen by any probe."""
    if not closed or closed["closed"] < LEAST_CLOSED:
        return
    bounds = taught.quality.relations.closed
    part, whole = closed["active_again"], closed["closed"]
    share = Share(CLOSED_AGAIN, part, whole, CLOSED, bounds, is_learnt=False)
    yield taught.judged(share)


def _of_labels(run: MonthRun, taught: Taught) -> Iterator[Judged]:
    """How many of the customers left whose truth has come in with this month."""
    labelled = run.settings.calendar.label_month(run.month)
    if not run.lake.has("label", labelled):
        return
    relations = taught.quality.relations
    counts = _label_counts(run, labelled)
    whole = summed(counts, "customers")
    left, early = summed(counts, "churned"), summed(counts, "left_early")
    yield taught.judged(Share("churn_rate", left, whole, CHURNED, relations.churn))
    yield taught.judged(
        Share("left_early_share", early, whole, LEFT_EARLY, relations.churn)
    )
    regions = list(regions_of(counts, "churned", "customers"))
    yield from _of_regions("churn_of_region", CHURNED, regions, relations)


def _of_regions(
    name: str, text: Text, regions: Sequence[OfRegion], relations: Relations
) -> Iterator[Judged]:
    """The region that differs most from all others, and those of nobody."""
    if judged := region_measure(name, text, regions, relations):
        yield judged
    yield regions_of_nobody(f"{name}_nobody", text, regions)


def _reached(run: MonthRun, taught: Taught) -> Iterator[Judged]:
    """Whom the summary lost on the way from the clean rows, and who is no known person."""
    delivered = _delivered(run)
    if not delivered:
        return
    has_persons = "customer" in run.registry.raw
    lines = NO_LINES
    if has_persons:
        run.engine.view("customer_line")
        lines = Relation("customer_line")
    sql = composed(
        "checks", "customers_reached", delivered=subquery(delivered), lines=lines
    )
    run.engine.view("month_activity")
    row = run.engine.row(sql, {"month": run.month.start})
    relations = taught.quality.relations
    lost, customers = row["lost"], row["customers"]
    share = Share("lost_share", lost, customers, LOST, relations.lost, is_learnt=False)
    yield taught.judged(share)
    if has_persons:
        nobody = Share(
            "without_person_share",
            row["without_person"],
            row["summed"],
            NO_PERSON,
            relations.no_person,
        )
        yield taught.judged(nobody)


def _beside_bills(run: MonthRun) -> Iterator[Judged]:
    """Whether what is paid, put in, owed and agreed has the size of the bills."""
    billed = run.registry.tables.get("month_billing")
    if billed is None or not set(OF_BILLING) <= set(billed.column_names):
        return
    if not run.lake.has("month_billing", run.month):
        return
    run.engine.view("month_billing")
    sql = composed("checks", "beside_bills", fees=_fees(run))
    dates = {"month": run.month.start, "as_of": run.window.as_of}
    for row in run.engine.records(sql, dates):
        if judged := beside_bill_measure(row["beside"], row):
            yield judged


def _fees(run: MonthRun) -> Relation:
    """What tells the fee that was agreed with a customer."""
    table = run.registry.tables.get("month_profile")
    if table is None or "plan_fee_cny" not in table.column_names:
        return NO_FEES
    run.engine.view("month_profile")
    return Relation("month_profile")


def _delivered(run: MonthRun) -> str:
    """The clean rows of the month that say who was active; empty where other tables do."""
    selects = []
    for query in run.registry.queries["month"]:
        if query.output.table != "month_activity":
            continue
        for table in query.output.reads:
            if not table.startswith("clean_"):
                return ""
            rows = run.engine.rows_of(table, run.month)
            selects.append(f"SELECT customer_id FROM {rows}")
    return union_all(selects)


def _taught(run: MonthRun) -> Taught:
    """What was found in the months before; what somebody accepted in one was right there, and is no rule."""
    rows = _earlier(run)
    stopped = {Month.of(row["month"]) for row in rows if row["verdict"] == "stop"}
    history: dict[Month, dict[str, float]] = {}
    for row in rows:
        month = Month.of(row["month"])
        if month not in stopped and row["verdict"] != "accepted":
            history.setdefault(month, {})[row["measure"]] = row["value"]
    return Taught(run.month, run.settings.quality, history, stopped)


def _earlier(run: MonthRun) -> Rows:
    """What was found in the months before, as far back as anything teaches."""
    back = max(run.settings.quality.max_months, YEAR)
    run.engine.view(RELATION)
    return run.engine.records(
        f"SELECT * FROM {RELATION} WHERE month < $month AND month >= $first ORDER BY ALL",
        {"month": run.month.start, "first": (run.month - back).start},
    )


def _refuse_refused_labels(run: MonthRun, refused: set[Month]) -> None:
    """A label that was refused in an earlier run lies in the lake all the same: nothing may learn from it.

    Raises:
        CheckFailed: one would be learnt from in this month, or models would be judged by it.
    """
    lag = label_lag(run.settings.calendar)
    came_in = {month + lag for month in months_of_models(run)}
    stopped = sorted(refused & came_in)
    if stopped:
        listed = ", ".join(map(str, stopped))
        raise CheckFailed(
            f"{run.month}: the labels that came in with {listed} were refused, and models would learn from them."
            " Mend these months or their bounds and run them again first."
        )


def _customers_again(run: MonthRun) -> Rows:
    """Customers of this month and of the one before by region; none in the first month."""
    if not run.lake.has("month_activity", run.month - 1):
        return []
    run.engine.view("month_activity")
    asked = {
        "month": run.month.start,
        "before": (run.month - 1).start,
        "as_of": run.window.as_of,
    }
    sql = composed("checks", "customers_again", regions=_regions(run))
    return run.engine.records(sql, asked)


def _closed_again(run: MonthRun) -> Mapping[str, Any]:
    """Accounts closed two months ago, since the last bill may come in the month after; empty without such a month."""
    closed_by = run.month - 2
    if not run.lake.has("month_profile", closed_by):
        return {}
    if not run.lake.has("month_activity", run.month):
        return {}
    run.engine.views("month_profile", "month_activity")
    asked = {
        "month": run.month.start,
        "closed_by": closed_by.start,
        "as_of": run.window.as_of,
    }
    return run.engine.row(composed("checks", "closed_again"), asked)


def _label_counts(run: MonthRun, labelled: Month) -> Rows:
    run.engine.view("label")
    asked = {"label_month": labelled.start, "as_of": run.window.as_of}
    return run.engine.records(
        composed("checks", "label_counts", regions=_regions(run)), asked
    )


def _regions(run: MonthRun) -> Relation:
    """What tells the region of a customer."""
    table = run.registry.tables.get("month_profile")
    if table is None or "region_code" not in table.column_names:
        return NO_REGIONS
    run.engine.view("month_profile")
    return Relation("month_profile")


def _lines(verdict: Verdict) -> pa.Table:
    """The lines of ``relation``."""
    lines: list[dict[str, object]] = []
    for result in verdict.results:
        lines += map(judged_line, result.lines)
    return pa.Table.from_pylist(lines, pa.schema(JUDGED))


def _with_customers(
    failure: Failure, again: Sequence[dict[str, Any]], closed: Mapping[str, Any]
) -> Failure:
    """The failure with the first customers who are gone, or are not, where it is about them."""
    if failure.measure == CLOSED_AGAIN:
        return _with_examples(failure, closed["active_again"], closed["examples"])
    if not failure.measure.startswith("gone_"):
        return failure
    gone: list[str] = []
    for row in again:
        if (
            failure.measure == "gone_share"
            or f"region {row['region_code']}," in failure.meaning
        ):
            gone += row["gone_examples"] or []
    return _with_examples(failure, summed(again, "gone"), gone)


def _with_examples(failure: Failure, rows: int, customers: Sequence[str]) -> Failure:
    examples = [f"customer_id {masked(number)}" for number in sorted(customers)[:5]]
    return replace(failure, rows=rows, examples=tuple(examples))
