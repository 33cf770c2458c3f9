"""source -> raw_*: one month of every table the profile extracts, with tokens in place of phone numbers."""

import logging
from datetime import date, datetime, time
from types import ModuleType
from zoneinfo import ZoneInfo

from churn_tasks.adapters import source_files, source_postgres
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window
from churn_tasks.steps.month_run import MonthRun, StepReport

log = logging.getLogger("churn.extract")

SOURCES: dict[str, ModuleType] = {"postgres": source_postgres, "files": source_files}


def run(run: MonthRun) -> StepReport:
    """Extract every table of the month, then hand the numbers of the customers to the vault."""
    report = StepReport("extract", str(run.month))
    key = load_key(run.settings.token_key_file)
    for name in run.registry.raw:
        tokeniser = Tokeniser(key)
        report.rows[f"raw_{name}"] = _extract(run, name, tokeniser)
        if tokeniser.pairs:
            run.warehouse.store_numbers(tokeniser.pairs.items())
        log.info("%s %s: %d rows", name, run.month, tokeniser.rows)
    return report


def _extract(run: MonthRun, name: str, tokeniser: Tokeniser) -> int:
    sql = rendered_sql(run.settings, run.window, name)
    open_batches = SOURCES[run.settings.source.kind].open_batches
    with (
        open_batches(run.settings, sql, run.settings.source.batch_rows) as batches,
        run.engine.registered("incoming", tokeniser.reader(batches)),
    ):
        written = run.engine.write(f"raw_{name}", run.month, "SELECT * FROM incoming")
    if written != tokeniser.rows:
        problem = f"{tokeniser.rows} rows came from the source, {written} were written"
        raise BadInput(evidence(table=f"raw_{name}", month=run.month, problem=problem))
    return written


def rendered_sql(settings: Settings, window: Window, name: str) -> str:
    """The profile's extract query with its dates in place: typed literals made from the month, never from text.

    ``$month``, ``$as_of``, ``$known_until`` become dates; ``$month_start_at`` and ``$as_of_at`` the same instants
    with the operator's time zone.
    """
    sql = (settings.profile_dir / "extract" / f"{name}.sql").read_text(encoding="utf-8").strip().rstrip(";")
    zone = ZoneInfo(settings.time_zone)
    values = {
        "$month_start_at": _instant(window.month.start, zone),
        "$as_of_at": _instant(window.as_of, zone),
        "$known_until_at": _instant(window.known_until, zone),
        "$known_until": f"DATE '{window.known_until}'",
        "$as_of": f"DATE '{window.as_of}'",
        "$month": f"DATE '{window.month.start}'",
    }
    for placeholder, value in values.items():  # longer names stand before their prefixes
        sql = sql.replace(placeholder, value)
    return sql


def _instant(day: date, zone: ZoneInfo) -> str:
    return f"TIMESTAMPTZ '{datetime.combine(day, time(), zone).isoformat()}'"
