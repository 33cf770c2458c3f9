"""Data Docs show everything without a network, and their indexes say what the gate found."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from churn_tasks.checks.data_docs import Site, write_months
from churn_tasks.checks.gate import judge
from churn_tasks.checks.measures import Measure, Suite

ROWS = Measure("rows", "count(*)", "Rows of the month.", lowest=10)
DIRT = Measure(
    "dirt_share",
    "avg(1)",
    "Rows set aside: see <https://example.org/rules>.",
    highest=0.05,
)
SUITES = [Suite("bill", [ROWS, DIRT]), Suite("cdr", [ROWS])]
GOOD = {"bill.rows": 10, "bill.dirt_share": 0.05, "cdr.rows": 11}
BAD = {"bill.rows": 9, "bill.dirt_share": 0.2, "cdr.rows": 11}
OUTSIDE = re.compile(
    r"""(?:\b(?:src|srcset|href|action|data)\s*=\s*|url\(\s*|@import\s+)["']?\s*(?:https?:)?//[^"')\s>]+""",
    re.I,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2024-03 passed in raw, 2024-04 failed in raw; features of 2024-03 passed."""
    folder = tmp_path_factory.mktemp("data_docs")
    judge(SUITES, GOOD, Site(folder, "2024-03", "raw"))
    judge([Suite("cdr", [ROWS])], GOOD, Site(folder, "2024-03", "features"))
    judge(SUITES, BAD, Site(folder, "2024-04", "raw"))
    return folder


def outside(folder: Path) -> list[str]:
    texts = [path for path in folder.rglob("*") if path.suffix in {".html", ".css"}]
    assert texts
    return [
        found
        for path in texts
        for found in OUTSIDE.findall(path.read_text(encoding="utf-8"))
    ]


def test_no_page_loads_or_links_anything_outside(root: Path) -> None:
    assert outside(root) == []
    assert not [
        page
        for page in root.rglob("*.html")
        if "<script" in page.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize(
    "written",
    [
        "<script src='//cdn.example/x.js'>",
        '<a href="https://example.org">',
        "@import url(http://x/y.css)",
    ],
)
def test_the_scan_finds_what_is_outside(tmp_path: Path, written: str) -> None:
    """Negative control."""
    judge(SUITES, GOOD, Site(tmp_path, "2024-03", "raw"))
    page = tmp_path / "2024-03" / "raw" / "index.html"
    page.write_text(page.read_text(encoding="utf-8") + written, encoding="utf-8")
    assert outside(tmp_path)


def test_every_address_of_a_page_leads_to_a_file(root: Path) -> None:
    pages = list(root.rglob("*.html"))
    assert len(pages) == 1 + 3
    for page in pages:
        targets = [
            page.parent / address
            for address in addresses(page)
            if not address.startswith("#")
        ]
        assert targets or page.parent == root
        assert [target for target in targets if not target.resolve().is_file()] == [], (
            page
        )


def addresses(page: Path) -> Iterator[str]:
    for address in re.findall(
        r'(?:href|src)="([^"]*)"', page.read_text(encoding="utf-8")
    ):
        yield address.split("#")[0] or "#"


def test_an_address_within_a_page_leads_to_the_first_measure_of_a_table(
    root: Path,
) -> None:
    page = (root / "2024-04" / "raw" / "index.html").read_text(encoding="utf-8")
    for suite in SUITES:
        assert page.count(f'href="#{suite.table}"') == 1
        assert page.count(f'<td id="{suite.table}">{suite.table}</td>') == 1


def test_what_great_expectations_said_lies_beside_the_page(root: Path) -> None:
    """Its own record names the broken bounds, and is the same whenever the month is judged."""
    folder = root / "2024-04" / "raw" / "validations"
    record = json.loads((folder / "critical.json").read_text(encoding="utf-8"))
    assert (record["success"], record["result"]["element_count"]) == (False, 3)
    assert record["expectation_config"]["severity"] == "critical"
    assert record["result"]["unexpected_index_list"] == [
        {
            "table": "bill",
            "measure": "rows",
            "end": "lowest",
            "larger": 9,
            "smaller": 10,
        },
        {
            "table": "bill",
            "measure": "dirt_share",
            "end": "highest",
            "larger": 0.05,
            "smaller": 0.2,
        },
    ]
    before = (folder / "critical.json").read_bytes()
    judge(SUITES, BAD, Site(root, "2024-04", "raw"))
    assert (folder / "critical.json").read_bytes() == before


def texts(page: str) -> list[str]:
    found: list[str] = []
    reader = HTMLParser()
    reader.handle_data = lambda data: found.append(data.strip())  # type: ignore[method-assign]
    reader.feed(page)
    return [text for text in found if text]


def rows(page: Path) -> list[str]:
    return [
        " ".join(texts(row))
        for row in re.findall(r"<tr>.*?</tr>", page.read_text(encoding="utf-8"), re.S)
    ]


def test_the_index_lists_every_suite_once_with_its_counts(root: Path) -> None:
    passed = rows(root / "2024-03" / "raw" / "index.html")
    assert [row for row in passed if row.endswith("measures")] == [
        "bill 2 0 0 ✓ 合格 pass 指标与范围 measures",
        "cdr 1 0 0 ✓ 合格 pass 指标与范围 measures",
    ]
    failed = rows(root / "2024-04" / "raw" / "index.html")
    assert [row for row in failed if row.endswith("measures")] == [
        "bill 2 0 2 ✗ 不合格 stop 指标与范围 measures",
        "cdr 1 0 0 ✓ 合格 pass 指标与范围 measures",
    ]


def test_the_index_shows_failed_checks_first_and_every_value(root: Path) -> None:
    failed = [
        row for row in rows(root / "2024-04" / "raw" / "index.html") if "Rows " in row
    ]
    dirt = "bill dirt_share 0.2 – ≤ 0.05 ✗ 不合格 stop Rows set aside: see <https://example.org/rules>."
    bad = ["bill rows 9 – ≥ 10 ✗ 不合格 stop Rows of the month.", dirt]
    assert failed == [*bad, *bad, "cdr rows 11 – ≥ 10 ✓ 合格 pass Rows of the month."]
    passed = [
        row for row in rows(root / "2024-03" / "raw" / "index.html") if "Rows " in row
    ]
    assert len(passed) == 3 and not any("stop" in row for row in passed)


def test_the_root_lists_months_and_stages_latest_first(root: Path) -> None:
    assert rows(root / "index.html")[1:] == [
        "2024-04 ✗ 不合格 stop 2 / 3 – – –",
        "2024-03 ✓ 合格 pass 0 / 3 ✓ 合格 pass 0 / 1 – –",
    ]


def test_the_root_tells_what_lies_on_disk(tmp_path: Path) -> None:
    """A month judged again shows its new verdict; sites under construction and leftovers are no stages."""
    site = Site(tmp_path, "2024-03", "raw")
    judge(SUITES, BAD, site)
    before = (tmp_path / "index.html").read_bytes()
    judge(SUITES, GOOD, site)
    unfinished = tmp_path / "2024-03" / ".list.0a1b" / "index.html"
    unfinished.parent.mkdir()
    unfinished.touch()
    write_months(tmp_path)
    assert rows(tmp_path / "index.html")[1:] == ["2024-03 ✓ 合格 pass 0 / 3 – – –"]
    judge(SUITES, BAD, site)
    assert (tmp_path / "index.html").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2024-03", "index.html"]


def test_a_warning_is_shown_with_its_usual_bounds_and_does_not_stop(
    tmp_path: Path,
) -> None:
    learnt = Measure(
        "mean", "", "Mean; learnt from 6 accepted months.", 1, 9, "均值。", 4, 6, 6
    )
    judge(
        [Suite("bill", [learnt])], {"bill.mean": 7.5}, Site(tmp_path, "2024-03", "raw")
    )
    page = tmp_path / "2024-03" / "raw" / "index.html"
    shown = [row for row in rows(page) if row.startswith("bill mean")]
    assert shown == 2 * [
        "bill mean 7.5 4 … 6 1 … 9 ! 提示 warn 均值。 Mean; learnt from 6 accepted months."
    ]
    assert rows(tmp_path / "index.html")[1:] == ["2024-03 ! 提示 warn 0 + 1 / 1 – – –"]
    assert "the month went on" in page.read_text(encoding="utf-8")


def test_a_site_without_a_result_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "2024-03" / "raw").mkdir(parents=True)
    (tmp_path / "2024-03" / "raw" / "index.html").touch()
    write_months(tmp_path)
    assert rows(tmp_path / "index.html")[1:] == ["2024-03 ? – – –"]


def test_of_two_stages_ending_together_none_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other stage lands after this one has read the disk and before it has written."""
    from churn_tasks.checks import data_docs

    read = data_docs._months_page

    def late(root: Path) -> str:
        page = read(root)
        other = root / "2024-03" / "list"
        if not other.exists():
            other.mkdir(parents=True)
            (other / "index.html").touch()
            (other / "result.json").write_text(
                '{"evaluated": 8, "failed": 0}', encoding="utf-8"
            )
        return page

    monkeypatch.setattr(data_docs, "_months_page", late)
    write_months(tmp_path)
    assert rows(tmp_path / "index.html")[1:] == ["2024-03 – – – ✓ 合格 pass 0 / 8"]
