"""Data Docs that need no network: the pages of Great Expectations, an index of each site, and one of all months."""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment

from churn_tasks.checks.measures import Measure
from churn_tasks.checks.offline_page import offline
from churn_tasks.core.pages import both, page_environment

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "static/styles/data_docs_custom_styles.css"  # the place Great Expectations documents for one's own styles
RESULT = "result.json"
MEASURES = "measures/index.html"  # beside the months: every measure over all of them
Outcome = Literal["pass", "warn", "stop"]
STAGES = {
    "raw": ("原始数据", "Raw data"),
    "features": ("客户群与特征", "Population and features"),
    "list": ("预警清单", "Warning list"),
}


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
        return "stop" if self.failures else "warn" if self.warnings else "pass"


@dataclass(frozen=True)
class Result:
    """What the index of all months says of one site; None where nothing is on record."""

    evaluated: int | None = None
    failed: int | None = None
    warned: int | None = None

    @property
    def outcome(self) -> Outcome | None:
        """The worst of its measures."""
        if self.failed is None:
            return None
        return "stop" if self.failed else "warn" if self.warned else "pass"


def publish(built: Path, site: Site, results: Sequence[SuiteResult]) -> None:
    """Finish a site that Great Expectations has built aside, put it in its place, and list it among all months.

    Args:
        built: folder of the new site; it is moved.
        site: where it belongs.
        results: every suite once, in the order of the index.
    """
    for page in sorted(
        built.glob("*/**/*.html")
    ):  # its index, filled by scripts only, is replaced instead
        _rewrite(page, built, site)
    shutil.rmtree(
        built / "static", ignore_errors=True
    )  # logos, fonts and films that no page shows any more
    (built / STYLE).parent.mkdir(parents=True)
    (built / STYLE).write_text(page_style(), encoding="utf-8")
    (built / "index.html").write_text(
        _site_page(built, site, results), encoding="utf-8"
    )
    found = {
        "evaluated": sum(len(r.lines) for r in results),
        "failed": sum(len(r.failures) for r in results),
        "warned": sum(len(r.warnings) for r in results),
    }
    (built / RESULT).write_text(json.dumps(found) + "\n", encoding="utf-8")
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
        replace_page(root / "index.html", page)
        written = page


def replace_page(path: Path, page: str) -> None:
    """Put a page in its place whole: a reader sees the old one or the new one."""
    aside = path.with_name(f".{path.stem}.{uuid.uuid4().hex}")
    aside.write_text(page, encoding="utf-8")
    os.replace(aside, path)


def _rewrite(page: Path, built: Path, site: Site) -> None:
    parts = page.relative_to(
        built
    ).parts  # expectations/<table>.html, validations/<table>/<run>/<time>/<batch>.html
    up, table = "../" * (len(parts) - 1), parts[1].removesuffix(".html")
    top = (
        _environment()
        .get_template("page_top.html.j2")
        .render(site=site, up=up, table=table)
    )
    title = f"{site.month} {site.stage} {table}"
    page.write_text(
        offline(page.read_text(encoding="utf-8"), title, up + STYLE, top),
        encoding="utf-8",
    )


def _site_page(built: Path, site: Site, results: Sequence[SuiteResult]) -> str:
    pages = {
        result.table: next((built / "validations" / result.table).rglob("*.html"))
        .relative_to(built)
        .as_posix()
        for result in results
    }
    return (
        _environment()
        .get_template("site.html.j2")
        .render(site=site, results=results, pages=pages, style=page_style())
    )


def _months_page(root: Path) -> str:
    folders = [
        page.parent for stage in STAGES for page in root.glob(f"*/{stage}/index.html")
    ]
    sites = {(folder.parent.name, folder.name): _result(folder) for folder in folders}
    months = sorted({month for month, _ in sites}, reverse=True)
    measures = MEASURES if (root / MEASURES).is_file() else None
    template = _environment().get_template("months.html.j2")
    return template.render(
        months=months, stages=STAGES, sites=sites, style=page_style(), measures=measures
    )


def _result(folder: Path) -> Result:
    try:
        return Result(**json.loads((folder / RESULT).read_text(encoding="utf-8")))
    except (
        FileNotFoundError
    ):  # being replaced right now: whoever does so lists it again
        return Result()


@cache
def _environment() -> Environment:
    filters: dict[str, Callable[..., Any]] = {
        "bounds": bounds_of,
        "usual": _usual,
        "figure": figure,
    }
    return page_environment(
        TEMPLATES, filters, stage_name=lambda stage: both(*STAGES[stage])
    )


@cache
def page_style() -> str:
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def figure(value: float) -> str:
    """At most four figures behind the point, whole numbers and thousands in full.

    >>> figure(1234567.0), figure(0.0512345678), figure(13372.31), figure(32.345)
    ('1,234,567', '0.05123', '13,372', '32.34')
    """
    return (
        f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.4g}"
    )


def bounds_of(measure: Measure) -> str:
    """What the measure may be.

    >>> bounds_of(Measure("rows", "count(*)", "", lowest=10)), bounds_of(Measure("gaps", "", "", 0, 0))
    ('≥ 10', '= 0')
    """
    return between(measure.lowest, measure.highest)


def _usual(measure: Measure) -> str:
    return between(measure.usual_lowest, measure.usual_highest)


def between(low: float | None, high: float | None) -> str:
    """Inclusive bounds for a table cell.

    >>> between(0.5, 2), between(None, 0.05), between(None, None)
    ('0.5 … 2', '≤ 0.05', '–')
    """
    if low is not None and high is not None:
        return f"= {figure(low)}" if low == high else f"{figure(low)} … {figure(high)}"
    return (
        "–"
        if low is None and high is None
        else f"≥ {figure(low)}"
        if low is not None
        else f"≤ {figure(high or 0)}"
    )
