"""``trajectory.yaml``: what it refuses and how it says so, and that what is made of it is always the same."""

import re
from pathlib import Path

import pytest
import yaml

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, REPOSITORY
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import Query, read_query
from churn_tasks.declared.trajectory.texts import TEXTS

CASES = REPOSITORY / "tests" / "sql" / "patterns"
GOOD = """
table: feat_try
meaning: {en: Calls tried, zh: 试算}
sources: {usage: month_usage}
measures:
  talk: {sql: usage.voice_out_min + usage.voice_in_min, unit: min, empty: zero, group: usage_drop, expect: down,
         en: call minutes both ways, zh: 通话时长}
  call: {sql: usage.voice_out_count, type: integer, unit: count, empty: zero, group: usage_drop, en: calls, zh: 次数}
  used_on: {sql: usage.last_use_date, type: date, unit: days, empty: unknown, group: usage_drop,
            en: latest use, zh: 使用}
features:
  - {of: talk, by: [last, decline]}
  - {of: talk, in: call, by: [per_last]}
  - {of: used_on, by: [gap]}
"""
ALONE = """
table: feat_try
meaning: {en: Calls tried, zh: 试算}
sources: {usage: month_usage}
measures:
  talk: {sql: usage.voice_out_min, unit: min, empty: zero, group: usage_drop, en: call minutes, zh: 通话时长}
features:
  - {of: talk, by: [last]}
"""


def _read(folder: Path, text: str, months: int = 3) -> Query:
    folder.mkdir(exist_ok=True)
    (folder / "trajectory.yaml").write_text(text, encoding="utf-8")
    (query,) = read_query("features", folder, months)
    return query


def test_names_types_units_texts_and_directions_follow_from_the_pattern(
    tmp_path: Path,
) -> None:
    made = {
        c.name: c
        for c in _read(tmp_path, GOOD).output.columns
        if isinstance(c, FeatureColumn)
    }
    told = {name: (c.type, c.unit, c.expect) for name, c in made.items()}
    assert told == {
        "talk_last_min": ("decimal", "min", "down"),
        "talk_decline_months": ("integer", "months", "up"),
        "talk_per_call_last_min": ("double", "min/count", "down"),
        "used_on_gap_days": ("integer", "days", "none"),
    }
    assert made["talk_last_min"].en == "Call minutes both ways in the latest month"
    assert made["talk_last_min"].zh == "最近一个月通话时长"


def test_every_column_of_a_counted_measure_is_filled_alone(tmp_path: Path) -> None:
    """A sum with one unknown side is the other side, not nothing."""
    sql = _read(tmp_path, GOOD).sql
    assert (
        "coalesce(usage_1.voice_out_min, 0) + coalesce(usage_1.voice_in_min, 0) AS talk_1"
        in sql
    )


def test_months_that_nothing_asks_for_are_not_read(tmp_path: Path) -> None:
    sql = _read(tmp_path, GOOD).sql
    assert "AS call_0" in sql and "AS call_1" not in sql
    alone = _read(tmp_path, ALONE)
    assert alone.sql.count("LEFT JOIN") == 1


@pytest.mark.parametrize("months", [1, 2, 3, 4, 12, 60])
def test_the_sql_is_the_same_each_time_and_fits_the_window(
    months: int, tmp_path: Path
) -> None:
    first, again = (_read(tmp_path, GOOD, months).sql for _ in range(2))
    assert first == again
    assert first.count("LEFT JOIN month_usage") == months
    assert max(map(len, first.splitlines())) <= 140


WRONG = {
    "an unknown pattern": (
        "[last, decline]",
        "[last, declines]",
        "declines: no such pattern; allowed are last, first",
    ),
    "an unknown measure": (
        "{of: talk, by: [last",
        "{of: talks, by: [last",
        "no measure talks; there are talk, call",
    ),
    "an unknown source": (
        "usage.voice_out_count",
        "use.voice_out_count",
        "reads use; write <alias>.<column> with usage",
    ),
    "an expression of no column": (
        "sql: usage.voice_out_count",
        "sql: 1 + 1",
        "reads no column",
    ),
    "an unknown unit": (
        "unit: min",
        "unit: minutes",
        "unit 'minutes' is not known; allowed are CNY",
    ),
    "an unknown field": (
        "empty: zero, group",
        "emty: zero, group",
        "measures.talk.emty",
    ),
    "an unknown way of being empty": (
        "empty: zero",
        "empty: nought",
        "'zero', 'unknown' or 'observe_start'",
    ),
    "a date that is counted": (
        "unit: days, empty: unknown",
        "unit: days, empty: zero",
        "does not fit type date",
    ),
    "a date by anything but gap": ("by: [gap]", "by: [last]", "dates take gap alone"),
    "a rate without its second measure": (
        ", in: call",
        "",
        "patterns of two measures need `in`",
    ),
    "one name for two features": (
        "[last, decline]}",
        "[last, decline], name: talk_min}",
        "are of one feature",
    ),
    "a measure that nothing uses": (
        "  - {of: used_on, by: [gap]}\n",
        "",
        "no feature is made of used_on",
    ),
    "a clean table": ("month_usage", "clean_cdr", "features read month_* tables alone"),
    "a measure that ends in a number": (
        "  call:",
        "  call2:",
        "lower case and end in a letter",
    ),
    "the same name twice": (
        "{of: talk, by: [last, decline]}",
        "{of: talk, by: [last, last]}",
        "columns defined twice",
    ),
    "half a text": (
        "by: [gap]}",
        "by: [gap], en: Days of silence}",
        "en and zh come together",
    ),
    "optional tables that are not read": (
        "measures:",
        "optional: [month_care]\nmeasures:",
        "which are month_usage",
    ),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_mistake_names_the_file_the_field_and_what_is_allowed(
    change: tuple[str, str, str], tmp_path: Path
) -> None:
    before, after, told = change
    text = GOOD.replace(before, after, 1)
    assert text != GOOD
    with pytest.raises(SettingsError, match=re.escape(told)) as error:
        _read(tmp_path, text)
    assert str(tmp_path / "trajectory.yaml") in str(error.value)


def test_a_folder_is_generated_or_written_never_both(tmp_path: Path) -> None:
    (tmp_path / "query.yaml").write_text("table: feat_try\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"holds query\.yaml and trajectory\.yaml"):
        _read(tmp_path, GOOD)


PAGE = (REPOSITORY / "docs" / "features.md").read_text(encoding="utf-8")


def test_the_page_on_features_explains_every_pattern() -> None:
    """Formula and meaning of NULL as the program has them; the example is one of the cases summed by hand."""
    cells = [
        [cell.strip(" `") for cell in row.split(" | ")]
        for row in PAGE.splitlines()
        if row.startswith("| `")
    ]
    told = {row[0].removeprefix("| `"): row for row in cells if len(row) == 5}
    assert told.keys() == TEXTS.keys()
    for name, text in TEXTS.items():
        _, _, formula, empty, example = told[name]
        assert (formula.replace("&#124;", "|"), empty) == (text.formula, text.empty)
        cases = yaml.safe_load(
            (CASES / f"{name}.yaml").read_text(encoding="utf-8")
        ).items()
        done = {
            f"{case['months']} → {case['is']} |"
            for kind, list_ in cases
            if kind != "region"
            for case in list_
        }
        assert name == "to_region" or example in done, name


def test_the_example_of_the_page_is_what_is_really_made(tmp_path: Path) -> None:
    declared = re.search(r"trajectory.yaml`\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    shown = re.search(r"prints it:\n\n```sql\n(.*?)```", PAGE, re.DOTALL)
    assert declared and shown
    query = _read(tmp_path, declared.group(1))
    assert query.sql == shown.group(1)
    assert all(f"`{name}`" in PAGE for name in query.output.column_names[1:])


def test_the_shipped_trajectories_are_as_many_as_known() -> None:
    """Exact, so that the tests above and the contracts do not pass on nothing."""
    shipped = sorted(
        path.parent.name
        for path in (INCLUDE / "sql" / "features").glob("*/trajectory.yaml")
    )
    assert len(shipped) >= 13
    assert {"calls", "spend", "balance", "region"} <= set(shipped)
