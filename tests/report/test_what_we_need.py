"""The page for the owner of a source system: complete, current, and true."""

import csv
import re

import pytest

from churn_tasks.core.settings import INCLUDE, REPOSITORY, load_settings
from churn_tasks.declared.lineage.gaps import Gaps, everything_delivered
from churn_tasks.report.what_we_need import Language, page

LANGUAGES: tuple[Language, ...] = ("en", "zh")


@pytest.fixture(scope="module")
def gaps() -> Gaps:
    return everything_delivered(load_settings("telecom"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_what_the_contracts_say(gaps: Gaps, language: Language) -> None:
    written = (REPOSITORY / "docs" / "what_we_need" / f"{language}.md").read_text(
        encoding="utf-8"
    )
    assert written == page(gaps, language), (
        f"run: make dictionary (docs/what_we_need/{language}.md is out of date)"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_contract_has_its_section_with_every_column(
    gaps: Gaps, language: Language
) -> None:
    text = page(gaps, language)
    assert len(gaps.contracts) == 22
    for table in gaps.contracts.values():
        section = text.split(f"### {table.table}\n")[1].split("\n### ")[0]
        assert all(
            f"| `{column.delivered_as}` |" in section
            for column in table.delivered_columns
        )


def test_all_kinds_of_sources_are_covered_and_every_column_has_an_example(
    gaps: Gaps,
) -> None:
    shipped = {path.stem for path in (INCLUDE / "tables" / "raw").glob("*.yaml")}
    assert shipped == set(gaps.contracts)
    assert {table.kind for table in gaps.contracts.values()} == {
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
    }
    assert all(table.grain for table in gaps.contracts.values())
    without = [
        f"{table.table}.{column.name}"
        for table in gaps.contracts.values()
        for column in table.delivered_columns
        if not column.example
    ]
    assert without == ["customer.key_account_class"], (
        "only who is no key account has none"
    )


def test_the_samples_are_csv_with_the_names_of_the_contract(gaps: Gaps) -> None:
    text = page(gaps, "en")
    for table in gaps.contracts.values():
        block = re.search(rf"### {table.table}\n.*?```csv\n(.*?)```", text, re.DOTALL)
        assert block
        header, row = csv.reader(block.group(1).splitlines())
        assert header == [column.delivered_as for column in table.delivered_columns]
        assert row == [column.example for column in table.delivered_columns]


def test_bills_alone_are_required_and_the_rest_says_what_it_adds(gaps: Gaps) -> None:
    text = page(gaps, "en")
    assert text.count("**required**: without it nobody is a customer") == 2, (
        "once in the list, once in its section"
    )
    assert (
        "| [bill](#bill) | A3 | **required**: without it nobody is a customer |" in text
    )
    assert re.search(
        r"\[cdr\]\(#cdr\) \| A1 \| optional \| \d{3} \| [^|]*rival_carrier_used[^|]* \|",
        text,
    )
    assert re.search(
        r"\[usage_summary\]\(#usage_summary\) \| A1 \| optional \| \d{3} \|", text
    ), "in place of cdr"


def test_all_fourteen_triggers_are_there_and_what_they_need_is_said(gaps: Gaps) -> None:
    numbers = {raised.trigger.number for raised in gaps.triggers}
    assert numbers == {None, *range(1, 15)}
    for language in LANGUAGES:
        text = page(gaps, language)
        for raised in gaps.triggers:
            words = getattr(raised.trigger.words, language)
            assert f"`{raised.name}`" in text and words in text
