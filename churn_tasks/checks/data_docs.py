"""Data Docs that need no network: the pages of Great Expectations, an index of each site, and one of all months."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from churn_tasks.checks.measures import Measure
from churn_tasks.checks.offline_page import offline
from churn_tasks.checks.outcome import Outcome, worst
from churn_tasks.checks.pages import STAGES, page_style, rendered
from churn_tasks.core.files import replace_text

STYLE = "static/styles/data_docs_custom_styles.css"  # the place Great Expectations documents for one's own styles
RESULT = "result.json"
MEASURES_PAGE = (
    "measures/index.html"  # beside the months: every measure over all of them
)


@dataclass(frozen=True)
class Site:
    """Where the Data Docs of one stage of one month lie.

    Attributes:
        root: folder of all sites; its index lists them.
        month: ``2024-12``.
        stage: a key of STAGES.
    """

    root: Path
    month: str
    stage: str

    @property
    def folder(self) -> Path:
        """The folder that is replaced as a whole."""
        return self.root / self.month / self.stage


@dataclass(frozen=True)
class Line:
    """One measure, what it came to, and what follows from that."""

    measure: Measure
    value: float
    outcome: Outcome


@dataclass(frozen=True)
class SuiteResult:
    """What Great Expectations found of one table. ``evaluated`` is its own count, not the number of lines."""

    table: str
    evaluated: int
    lines: tuple[Line, ...]

    @property
    def failures(self) -> tuple[Line, ...]:
        """The lines that stop the month."""
        return tuple(line for line in self.lines if line.outcome == "stop")

    @property
    def warnings(self) -> tuple[Line, ...]:
        """The lines that are unusual and stop nothing."""
        return tuple(line for line in self.lines if line.outcome == "warn")

    @property
    def outcome(self) -> Outcome:
        """The worst of its lines."""
        return worst(line.outcome for line in self.lines)


@dataclass(frozen=True)
class SiteCounts:
    """What the index of all months says of one site; None where nothing is on record."""

    evaluated: int | None = None
    failed: int | None = None
    warned: int | None = None

    @classmethod
    def of(cls, results: Sequence[SuiteResult]) -> "SiteCounts":
        return cls(
            evaluated=sum(len(result.lines) for result in results),
            failed=sum(len(result.failures) for result in results),
            warned=sum(len(result.warnings) for result in results),
        )

    @property
    def outcome(self) -> Outcome | None:
        """The worst of its measures."""
        if self.failed is None:
            return None
        if self.failed:
            return "stop"
        return "warn" if self.warned else "pass"


def publish(built: Path, site: Site, results: Sequence[SuiteResult]) -> None:
    """Finish a site that Great Expectations has built aside, put it in its place, and list it among all months.

    Args:
        built: folder of the new site; it is moved.
        site: where it belongs.
        results: every suite once, in the order of the index.
    """
    # the index of Great Expectations itself, filled by scripts only, is replaced instead
    for page in sorted(built.glob("*/**/*.html")):
        _rewrite(page, built, site)
    _replace_static(built)
    index = _site_page(built, site, results)
    (built / "index.html").write_text(index, encoding="utf-8")
    counts = json.dumps(asdict(SiteCounts.of(results)))
    (built / RESULT).write_text(f"{counts}\n", encoding="utf-8")
    shutil.rmtree(site.folder, ignore_errors=True)
    site.folder.parent.mkdir(parents=True, exist_ok=True)
    os.replace(built, site.folder)
    write_months(site.root)


def write_months(root: Path) -> None:
    """List every site on disk in ``index.html`` of the root.

    The disk is read again after writing: of two stages that end together the slower one would otherwise write
    a list without the other.
    """
    written = None
    while (page := _months_page(root)) != written:
        replace_text(root / "index.html", page)
        written = page


def _rewrite(page: Path, built: Path, site: Site) -> None:
    """Make one page of Great Expectations ours.

    Its place is ``expectations/<table>.html`` or ``validations/<table>/<run>/<time>/<batch>.html``.
    """
    parts = page.relative_to(built).parts
    up = "../" * (len(parts) - 1)
    table = parts[1].removesuffix(".html")
    top = rendered("page_top.html.j2", site=site, up=up, table=table)
    title = f"{site.month} {site.stage} {table}"
    text = offline(page.read_text(encoding="utf-8"), title, up + STYLE, top)
    page.write_text(text, encoding="utf-8")


def _replace_static(built: Path) -> None:
    """One stylesheet instead of logos, fonts and films that no page shows any more."""
    shutil.rmtree(built / "static", ignore_errors=True)
    style = built / STYLE
    style.parent.mkdir(parents=True)
    style.write_text(page_style(), encoding="utf-8")


def _site_page(built: Path, site: Site, results: Sequence[SuiteResult]) -> str:
    pages = {result.table: _validation_page(built, result.table) for result in results}
    return rendered("site.html.j2", site=site, results=results, pages=pages)


def _validation_page(built: Path, table: str) -> str:
    page = next((built / "validations" / table).rglob("*.html"))
    return page.relative_to(built).as_posix()


def _months_page(root: Path) -> str:
    counts: dict[tuple[str, str], SiteCounts] = {}
    for stage in STAGES:
        for index in root.glob(f"*/{stage}/index.html"):
            month = index.parent.parent.name
            counts[month, stage] = _counts(index.parent)
    return rendered(
        "months.html.j2",
        months=sorted({month for month, _ in counts}, reverse=True),
        stages=STAGES,
        sites=counts,
        measures=MEASURES_PAGE if (root / MEASURES_PAGE).is_file() else None,
    )


def _counts(folder: Path) -> SiteCounts:
    try:
        text = (folder / RESULT).read_text(encoding="utf-8")
    except FileNotFoundError:
        return SiteCounts()  # being replaced right now: whoever does so lists it again
    return SiteCounts(**json.loads(text))
