"""Data Docs that need no network: the pages of Great Expectations, an index of each site, and one of all months."""

import json
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from churn_tasks.checks.measures import Measure
from churn_tasks.checks.offline_page import offline

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "static/styles/data_docs_custom_styles.css"  # the place Great Expectations documents for one's own styles
RESULT = "result.json"
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
    """One measure, what it came to, and whether that lies within its bounds."""

    measure: Measure
    value: float
    passed: bool


@dataclass(frozen=True)
class SuiteResult:
    """What Great Expectations found of one table. ``evaluated`` is its own count, not the number of lines."""

    table: str
    evaluated: int
    lines: tuple[Line, ...]

    @property
    def failures(self) -> tuple[Line, ...]:
        """The lines outside their bounds."""
        return tuple(line for line in self.lines if not line.passed)


@dataclass(frozen=True)
class Result:
    """What the index of all months says of one site; evaluated and failed are None where none is on record."""

    evaluated: int | None = None
    failed: int | None = None


def publish(built: Path, site: Site, results: Sequence[SuiteResult]) -> None:
    """Finish a site that Great Expectations has built aside, put it in its place, and list it among all months.

    Args:
        built: folder of the new site; it is moved.
        site: where it belongs.
        results: every suite once, in the order of the index.
    """
    for page in sorted(built.glob("*/**/*.html")):  # its index, filled by scripts only, is replaced instead
        _rewrite(page, built, site)
    shutil.rmtree(built / "static", ignore_errors=True)  # logos, fonts and films that no page shows any more
    (built / STYLE).parent.mkdir(parents=True)
    (built / STYLE).write_text(_style(), encoding="utf-8")
    (built / "index.html").write_text(_site_page(built, site, results), encoding="utf-8")
    found = {"evaluated": sum(r.evaluated for r in results), "failed": sum(len(r.failures) for r in results)}
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
        aside = root / f".index.{uuid.uuid4().hex}"
        aside.write_text(page, encoding="utf-8")
        os.replace(aside, root / "index.html")
        written = page


def _rewrite(page: Path, built: Path, site: Site) -> None:
    parts = page.relative_to(built).parts  # expectations/<table>.html, validations/<table>/<run>/<time>/<batch>.html
    up, table = "../" * (len(parts) - 1), parts[1].removesuffix(".html")
    top = _environment().get_template("page_top.html.j2").render(site=site, up=up, table=table)
    title = f"{site.month} {site.stage} {table}"
    page.write_text(offline(page.read_text(encoding="utf-8"), title, up + STYLE, top), encoding="utf-8")


def _site_page(built: Path, site: Site, results: Sequence[SuiteResult]) -> str:
    pages = {
        result.table: next((built / "validations" / result.table).rglob("*.html")).relative_to(built).as_posix()
        for result in results
    }
    return _environment().get_template("site.html.j2").render(site=site, results=results, pages=pages, style=_style())


def _months_page(root: Path) -> str:
    folders = [page.parent for stage in STAGES for page in root.glob(f"*/{stage}/index.html")]
    sites = {(folder.parent.name, folder.name): _result(folder) for folder in folders}
    months = sorted({month for month, _ in sites}, reverse=True)
    template = _environment().get_template("months.html.j2")
    return template.render(months=months, stages=STAGES, sites=sites, style=_style())


def _result(folder: Path) -> Result:
    try:
        return Result(**json.loads((folder / RESULT).read_text(encoding="utf-8")))
    except FileNotFoundError:  # being replaced right now: whoever does so lists it again
        return Result()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=_both, stage_name=lambda stage: _both(*STAGES[stage]))
    environment.filters.update(bounds=_bounds, figure=_figure)
    return environment


@cache
def _style() -> str:
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def _both(zh: object, en: object) -> Markup:
    return Markup('<span class="zh">{}</span> <span class="en">{}</span>').format(zh, en)


def _figure(value: float) -> str:
    """At most six figures, whole numbers in full.

    >>> _figure(1234567.0), _figure(0.0512345678)
    ('1,234,567', '0.0512346')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"


def _bounds(measure: Measure) -> str:
    """What the measure may be.

    >>> _bounds(Measure("rows", "count(*)", "", lowest=10)), _bounds(Measure("gaps", "", "", 0, 0))
    ('≥ 10', '= 0')
    """
    low, high = measure.lowest, measure.highest
    if low is not None and high is not None:
        return f"= {_figure(low)}" if low == high else f"{_figure(low)} … {_figure(high)}"
    return (
        "–" if low is None and high is None else f"≥ {_figure(low)}" if low is not None else f"≤ {_figure(high or 0)}"
    )
