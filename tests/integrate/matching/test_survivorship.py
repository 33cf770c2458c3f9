"""Golden rows of each survivorship rule: which value wins, and where it came from."""

from pathlib import Path

import duckdb
import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.integrate.matching.survivorship import chosen_sql, load_rules
from tests.lakes import small_profile

# Pa has three lines, a1 the primary one; Pb has one line without a value.
LINES = """
SELECT * FROM (VALUES
    ('Pa', 'a1', DATE '2024-01-01', true, false, '12 Main Street'),
    ('Pa', 'a2', DATE '2024-03-01', false, false, '9'),
    ('Pa', 'a3', DATE '2024-02-01', false, false, '9'),
    ('Pa', 'a4', DATE '2024-04-01', false, false, NULL),
    ('Pb', 'b1', DATE '2024-01-01', true, true, NULL),
    ('Pc', 'c1', DATE '2024-01-01', true, true, 'only')
) AS line(person_id, customer_id, known_date, is_primary, is_only, field)
"""


@pytest.mark.parametrize(
    ("rule", "value", "line"),
    [
        ("primary_line", "12 Main Street", "a1"),
        ("most_recent", "9", "a2"),  # a4 is later and empty: empty never wins
        ("most_frequent", "9", "a2"),  # twice, the later of both
        ("most_complete", "12 Main Street", "a1"),
        ("smallest", "12 Main Street", "a1"),
        ("largest", "9", "a2"),
    ],
)
def test_each_rule_picks_its_value(rule: str, value: str, line: str) -> None:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE line AS {LINES}")
    found = connection.execute(
        f"SELECT person_id, value, customer_id, candidates FROM ({chosen_sql({'field': rule}, 'line')}) ORDER BY ALL"
    ).fetchall()
    assert found == [("Pa", value, line, 2), ("Pc", "only", "c1", 1)]


def test_the_primary_line_without_a_value_gives_way() -> None:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE line AS {LINES}")
    connection.execute("UPDATE line SET field = NULL WHERE customer_id = 'a1'")
    found = connection.execute(
        f"SELECT customer_id FROM ({chosen_sql({'field': 'primary_line'}, 'line')}) ORDER BY 1"
    )
    assert found.fetchall() == [("a2",), ("c1",)]


def test_a_profile_replaces_single_fields_and_a_slip_is_named(tmp_path: Path) -> None:
    profile = small_profile(tmp_path, ["customer", "bill"])
    (profile / "matching").mkdir()
    file = profile / "matching" / "survivorship.yaml"
    file.write_text("gender: most_recent\n", encoding="utf-8")
    settings = load_settings(str(profile), state_dir=tmp_path / "state")
    rules = load_rules(settings, ["gender", "birth_year"])
    assert rules == {"gender": "most_recent", "birth_year": "most_frequent"}
    file.write_text("gender: newest\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="newest"):
        load_rules(settings, ["gender"])
