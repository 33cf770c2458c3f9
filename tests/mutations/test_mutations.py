"""The broken rules stay applicable; whether tests notice them, ``python -m tests.mutations`` says."""

import pytest

from churn_tasks.core.settings import REPOSITORY
from tests.mutations.planted import Mutation, mutations

ALL = mutations()


def test_there_are_ten_of_different_files() -> None:
    assert len(ALL) == 12
    assert len({mutation.file for mutation in ALL}) == 11, "two of them in one file"


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.rule)
def test_what_is_broken_stands_in_the_product_once(mutation: Mutation) -> None:
    source = (REPOSITORY / mutation.file).read_text(encoding="utf-8")
    assert source.count(mutation.text) == 1
    assert mutation.becomes != mutation.text
    assert all((REPOSITORY / file).is_file() for file in mutation.tests)
