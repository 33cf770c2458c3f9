"""A small lake as it stands after the step ``score``: for tests of the list, its publication and the report.

Everybody's figures come from a digest of month and customer, so they look random and never change.
"""

from pathlib import Path

from churn_tasks.core.months import Month, months_between
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import small_run

FIRST, CUSTOMERS = "2024-01", 400
MODEL = {"model_name": "'small_lake'", "model_version": "3", "feature_set": "'f00d'"}
FEATURES = {  # feature -> how it follows from u, the customer's risk in [0, 1), and v, which has nothing to do with it
    "voice_out_to_past_ratio": "1.4 - 1.3 * u",
    "active_last_days": "floor(30 * (1 - u))",
    "complaint_service_count": "CASE WHEN u > 0.7 THEN 1 + floor(3 * v) ELSE 0 END",
    "contract_ended_months": "CASE WHEN u * w > 0.6 THEN 1 ELSE 0 END",
    "off_net_change_share": "u * v",
    "bill_to_past_ratio": "1.2 - v",
    "arrears_to_bill_ratio": "CASE WHEN v > 0.8 THEN 2 * u ELSE 0 END",
    "data_to_past_ratio": "1.5 - u - v / 2",
}


def scored_run(
    folder: Path,
    month: str = "2024-08",
    *,
    customers: int = CUSTOMERS,
    **settings: object,
) -> MonthRun:
    """A run whose lake holds everything that ``warn`` and ``report`` read, for all months up to ``month``.

    Its truth is known at the end of the predict window, so that the first list is that of 2024-07.
    """
    shared = {"warning_list": {"share": 0.1}, "definition": "not_billed"}
    run = small_run(folder, month, **{**shared, **settings})
    for each in months_between(Month.parse(FIRST), run.month + 1):
        fill(run, each, customers)
    return run


def fill(run: MonthRun, month: Month, customers: int = CUSTOMERS) -> None:
    """Write the partitions of one month."""
    calendar, people = run.settings.calendar, _people(month, customers)
    _write(
        run,
        month,
        "month_activity",
        people,
        is_active="true",
        revenue_cny="20 + floor(100 * v)",
    )
    group = "CASE n % 3 WHEN 0 THEN '校园' WHEN 1 THEN 'family' END"
    _write(
        run,
        month,
        "month_profile",
        people,
        phone_token="md5(id)",
        region_code="'R' || (n % 4)",
        customer_group=group,
    )
    _write(
        run,
        month,
        "month_usage",
        people,
        voice_out_min="5 + floor(90 * (1 - u))",
        active_days="1 + floor(29 * (1 - u))",
        data_mb="50 + floor(900 * v)",
    )
    _write(run, month, "month_billing", people, bill_cny="20 + floor(100 * v)")
    if calendar.has_features(month):
        _write(run, month, "cohort", people)
        for query in run.registry.queries["features"]:
            own = {
                name: value
                for name, value in FEATURES.items()
                if name in query.output.column_names
            }
            _write(run, month, query.output.table, people, **own)
    labelled = calendar.label_month(month)
    if calendar.has_features(labelled):
        truth = _people(labelled, customers)
        kind = "CASE n % 3 WHEN 0 THEN 'voluntary' WHEN 1 THEN 'competitor' ELSE 'unknown' END"
        window = calendar.window(labelled)
        day = (
            f"CASE WHEN n % 97 = 0 THEN DATE '{window.as_of}' + CAST(n % 28 AS INTEGER)"
            f" WHEN u * w > 0.55 THEN DATE '{window.predict_start}' + CAST(n % 28 AS INTEGER) END"
        )
        left = f"CASE WHEN u * w > 0.55 OR n % 97 = 0 THEN {kind} END"
        _write(
            run,
            labelled,
            "label",
            truth,
            churned="u * w > 0.55",
            left_early="n % 97 = 0",
            kind=left,
            left_date=day,
        )
    if calendar.tested_month(month):
        _write(
            run, month, "score_churn", people, churn_score="round(u * 0.9, 6)", **MODEL
        )
        _factors(run, month, people)
        _validation(run, month)


def _factors(run: MonthRun, month: Month, people: str) -> None:
    facts = " UNION ALL ".join(
        f"SELECT id, '{name}' AS feature, {value} AS value, u, w FROM {people}"
        for name, value in FEATURES.items()
    )
    contribution = "round((u + w) * (1 + hash(feature || id) % 100 / 50.0), 6)"
    _write(
        run,
        month,
        "score_factor",
        f"({facts})",
        feature="feature",
        contribution=contribution,
        value="value",
    )


def _validation(run: MonthRun, month: Month) -> None:
    tested = f"DATE '{run.settings.calendar.tested_month(month).start}'"
    figures = {
        column.name: "0.5" for column in run.registry.tables["out_validation"].columns
    }
    figures |= dict.fromkeys(("tested_month", "train_from", "train_to"), tested)
    figures |= {
        "candidate": "id",
        "kind": "'candidate'",
        "is_selected": "id = 'lightgbm'",
        **MODEL,
    }
    figures["mlflow_run_id"] = "NULL"
    figures |= {
        "auc": f"0.75 + {month.number} / 100",
        "average_precision": f"0.4 + {month.number} / 100",
        "lift": "6.5",
    }
    _write(
        run,
        month,
        "out_validation",
        "(SELECT unnest(['lightgbm', 'logistic_regression']) AS id)",
        **figures,
    )


def _write(
    run: MonthRun, month: Month, table: str, people: str, **expressions: str
) -> None:
    """One partition; columns that are not named are NULL."""
    given = {"customer_id": "id", **expressions}
    columns = ", ".join(
        f'{given.get(name, "NULL")} AS "{name}"'
        for name in run.registry.tables[table].column_names
    )
    run.engine.write(table, month, f"SELECT {columns} FROM {people}")


def _people(month: Month, customers: int) -> str:
    """n, id and three fixed numbers in [0, 1): u the same in every month, v and w new ones each month."""
    salts = {"u": "u", "v": f"v{month}", "w": f"w{month}"}
    numbers = ", ".join(
        f"hash(id || '{salt}') % 10007 / 10007.0 AS {name}"
        for name, salt in salts.items()
    )
    return f"(SELECT n, id, {numbers} FROM (SELECT n, format('c{{:04d}}', n) AS id FROM range({customers}) AS r(n)))"
