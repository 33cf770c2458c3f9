"""The page that lists what becomes of corrupted input is made of the declarations that the tests run."""

from tests.corrupted.every_kind import KINDS
from tests.corrupted.page import PAGE, page


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python -m tests.corrupted.page"
    )


def test_every_kind_is_on_the_page_in_both_languages() -> None:
    lines = page().splitlines()
    for kind in KINDS:
        assert (
            sum(f"| {kind.text.en} | {kind.text.zh} |" in line for line in lines) == 1
        ), kind.name
