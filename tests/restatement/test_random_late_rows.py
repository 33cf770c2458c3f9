"""Late rows of every table at random: a month that takes in them alone is the month that is made whole.

Rows are late, replace others, come twice and break rules; answers in them (an outcome, a repair) stay hidden until they
are known; later some are corrected and some removed where they lie.
Compared are a restatement that takes in late rows, the same one made whole, and a lake that waited for the late rows:
raw and clean tables and their books row by row, every table after them by its bytes. The lake that waited judges pairs
of records by what the month's first version had learnt, as a restatement does (``docs/adr/0021-whom-it-touches.md``).
"""

import random
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.core.windows import Window
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.integrate.matching.plan import MatchingPlan
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work import late_extraction, line_pairs, match_model
from tests.lakes import small_profile, telecom_tables
from tests.random_lake import _rows as random_rows

JANUARY, FEBRUARY = Month(2024, 1), Month(2024, 2)
DAY = date(2024, 3, 28)
STEPS = ("extract", "integrate", "match", "texts", "summarise")
ANSWERED = {"complaint", "fault", "offer", "request"}
BOOKS = ("quarantine", "audit_rows", "treatment", "standardised", "number_spelling")
WAITED = {"observe": 3, "delay": 1, "predict": 1, "settle_days": 27}

Rows = list[dict[str, Any]]


def _write(data: Path, name: str, month: Month, rows: Rows, schema: pa.Schema) -> None:
    table = pa.Table.from_pylist(rows, schema)
    pq.write_table(table, data / f"{name}_{month}.parquet")


def _delivered(settings: Settings, name: str, month: Month, seed: int) -> Rows:
    """Random rows, of which one in ten comes a second time: wholly equal, or with other values and known later."""
    table = MonthRun(settings, month).registry.raw[name]
    chance = random.Random(f"{seed} {name} {month}")
    rows = list(random_rows(table, month, chance))
    others = list(random_rows(table, month, random.Random(f"other {seed}")))
    for row in chance.sample(rows, len(rows) // 10):
        again = dict(row)
        if chance.random() < 0.7:
            key = {column: row[column] for column in table.key}
            known = row["known_date"] + timedelta(days=chance.choice([1, 20, 40]))
            again = chance.choice(others) | key | {"known_date": known}
        rows.append(again)
    return rows


def _extract(name: str, columns: Iterable[str]) -> str:
    """A SELECT that gives rows, and answers in them, once they are known."""
    hidden = []
    for day in columns:
        answer, is_answer, _ = day.partition("_known_date")
        if is_answer:
            for column in columns:
                if column.startswith(answer):
                    hidden.append(
                        f"CASE WHEN {day} < $known_until THEN {column} END AS {column}"
                    )
    replaced = f"REPLACE ({', '.join(hidden)})" if hidden else ""
    return f"SELECT * {replaced} FROM {name} WHERE known_date < $known_until"


def _mended(rows: Rows, chance: random.Random) -> Rows:
    """The rows after somebody corrected some and removed some."""
    kept = [row for row in rows if chance.random() > 0.02]
    for row in chance.sample(kept, len(kept) // 30):
        row["event_date"] += timedelta(days=1)
    return kept


class Operator:
    """A source of random rows in files, and lakes that read it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.data = folder, folder / "drops"
        self.data.mkdir()
        names = telecom_tables()
        files = {name: f"{name}_{{month}}.parquet" for name in names}
        source = {"kind": "files", "files": files}
        self.profile = small_profile(folder, names, source=source)
        settings = self.lake("own")
        for name, table in MonthRun(settings, JANUARY).registry.raw.items():
            sql = _extract(name, table.column_names)
            (self.profile / "extract" / f"{name}.sql").write_text(sql)
        self.rows: dict[tuple[str, Month], Rows] = {}
        self.schemas: dict[tuple[str, Month], pa.Schema] = {}
        for name in names:
            for month in (JANUARY, FEBRUARY):
                rows = _delivered(settings, name, month, seed)
                self.rows[name, month] = rows
                self.schemas[name, month] = pa.Table.from_pylist(rows).schema
                _write(self.data, name, month, rows, self.schemas[name, month])

    def lake(self, name: str, **sections: Any) -> Settings:
        return load_settings(
            str(self.profile),
            state_dir=self.folder / name,
            data_path=self.data,
            **sections,
        )

    def copy(self, name: str, of: str) -> Settings:
        shutil.copytree(self.folder / of, self.folder / name)
        return self.lake(name)

    def mend(self, seed: int) -> None:
        chance = random.Random(seed)
        for (name, month), rows in self.rows.items():
            if month == FEBRUARY:
                mended = _mended(rows, chance)
                _write(self.data, name, month, mended, self.schemas[name, month])


def _work(run: MonthRun) -> None:
    for step in STEPS:
        run_on(step, run)
    run.close()


def _model_of(restated: MonthRun, run: MonthRun, plan: MatchingPlan) -> Any:
    """What the restated month has learnt, whichever month asks."""
    learnt = match_model.model_before(restated, plan)
    assert learnt
    return learnt


def _rows(run: MonthRun, table: str) -> list[str]:
    columns = [c for c in run.registry.tables[table].column_names if c != "examples"]
    rows = run.rows_of_month(table, columns)
    return sorted(map(str, rows.astype(str).to_numpy().tolist()))


def _assert_same(left: MonthRun, right: MonthRun, *, books: bool = True) -> None:
    """Raw and clean rows, books, and the bytes of what is made of them."""
    registry = left.registry
    of_rows = [f"{layer}_{name}" for layer in ("raw", "clean") for name in registry.raw]
    for table in (*of_rows, *(BOOKS if books else ())):
        assert _rows(left, table) == _rows(right, table), table
    made = [query.output.table for query in registry.queries["month"]]
    for table in ("customer", "customer_line", "month_complaint_text", *made):
        if left.lake.has(table, FEBRUARY) or right.lake.has(table, FEBRUARY):
            same = (run.lake.sha256(table, FEBRUARY) for run in (left, right))
            assert len(set(same)) == 1, table
    left.close()
    right.close()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_month_that_takes_in_late_rows_alone_is_the_month_made_whole(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = Operator(tmp_path, seed)
    for month in (JANUARY, FEBRUARY):
        _work(MonthRun(operator.lake("own"), month))
    late = operator.copy("late", "own")
    whole = operator.copy("whole", "own")
    waited = operator.copy("waited", "own")
    waited = operator.lake("waited", windows=WAITED)
    _work(MonthRun(late, FEBRUARY, DAY, only_late=True))
    _work(MonthRun(whole, FEBRUARY, DAY))
    with monkeypatch.context() as patch:
        restated = MonthRun(whole, FEBRUARY, DAY)
        patch.setattr(line_pairs, "model_before", partial(_model_of, restated))
        _work(MonthRun(waited, FEBRUARY))
        restated.close()
    parts = MonthRun(late, FEBRUARY, DAY).lake
    kinds = {path.name.partition("=")[0] for path in parts.files_of(DAY)}
    assert {"late", "replacing"} <= kinds
    in_parts = {n for n in telecom_tables() if parts.part(f"clean_{n}", FEBRUARY)}
    assert len(in_parts | ANSWERED) >= 17
    assert not in_parts & ANSWERED, "the row that waited for an answer is replaced"
    _assert_same(MonthRun(late, FEBRUARY, DAY), MonthRun(whole, FEBRUARY, DAY))
    _assert_same(MonthRun(late, FEBRUARY, DAY), MonthRun(waited, FEBRUARY))
    operator.mend(seed)
    by_hand = DAY + timedelta(days=1)
    for settings in (late, whole):
        _work(MonthRun(settings, FEBRUARY, by_hand))
    _assert_same(MonthRun(late, FEBRUARY, by_hand), MonthRun(whole, FEBRUARY, by_hand))
    assert _rows(MonthRun(late, FEBRUARY, by_hand), "clean_cdr") != _rows(
        MonthRun(late, FEBRUARY, DAY), "clean_cdr"
    ), "control"


def _rows_known_late(
    settings: Settings, window: Window, name: str, since: date, types: object
) -> str:
    """The naive search: an answer in a row that was known before is not asked for."""
    delivered = rendered_sql(settings, window, name)
    return f"SELECT * FROM ({delivered}) AS d WHERE known_date >= DATE '{since}'"


def test_control_a_search_for_late_rows_alone_misses_every_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = Operator(tmp_path, seed=1)
    for step in ("extract", "integrate"):
        run_on(step, MonthRun(operator.lake("own"), FEBRUARY))
    late, whole = operator.copy("late", "own"), operator.copy("whole", "own")
    run_on("extract", MonthRun(whole, FEBRUARY, DAY))
    monkeypatch.setattr(late_extraction, "late_rows_sql", _rows_known_late)
    run_on("extract", MonthRun(late, FEBRUARY, DAY, only_late=True))
    differing = set()
    for name in telecom_tables():
        raw = f"raw_{name}"
        if _rows(MonthRun(late, FEBRUARY, DAY), raw) != _rows(
            MonthRun(whole, FEBRUARY, DAY), raw
        ):
            differing.add(name)
    assert differing == ANSWERED
