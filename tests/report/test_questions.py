"""Queries whose answer people read keep the word of their YAML, as those that make tables do."""

import pytest

from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.query import Query, load_question
from tests.sql.queries import columns_out, parameters_in, sources_in, tree

GIVEN = {"observed", "list_window"}  # registered by who asks, beside the lake's tables
QUESTIONS = [
    load_question(family, file.parent.name)
    for family in ("report", "warning")
    for file in sorted((INCLUDE / "sql" / family).glob("*/query.yaml"))
]


def test_the_number_of_questions_is_known() -> None:
    assert len(QUESTIONS) == 22


@pytest.mark.parametrize("query", QUESTIONS, ids=lambda query: query.name)
def test_a_question_keeps_its_word(query: Query) -> None:
    parsed = tree(query)
    assert parameters_in(parsed) == set(query.output.params)
    declared = {*query.output.reads, *query.output.optional}
    assert sources_in(parsed) - GIVEN == declared - GIVEN
    assert columns_out(parsed) == query.output.column_names
    assert query.sql.startswith("-- ") and len(query.sql.splitlines()) < 120
