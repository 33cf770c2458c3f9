"""Data Docs that need no network: a page of each stage of a month beside what Great Expectations said, and an index."""

import json
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from churn_tasks.checks.expectations import Validation
from churn_tasks.checks.measures import Measure
from churn_tasks.checks.outcome import Outcome, worst
from churn_tasks.checks.pages import STAGES, rendered
from churn_tasks.core.acceptance import Acceptance
from churn_tasks.core.files import replace_text

RESULT = "result.json"
RECORDS = "validations"  # what Great Expectations said, a file for each severity
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
    acceptance: Acceptance | None = None


@dataclass(frozen=True)
class SuiteResult:
    """What Great Expectations found of one table."""

    table: str
    lines: tuple[Line, ...]

    @property
    def evaluated(self) -> int:
        """Bounds that were judged: of each measure those that stop, and those that warn."""
        measures = [line.measure for line in self.lines]
        return sum(measure.may_stop + measure.may_warn for measure in measures)

    @property
    def failures(self) -> tuple[Line, ...]:
        """The lines that stop the month."""
        return tuple(line for line in self.lines if line.outcome == "stop")

    @property
    def accepted(self) -> tuple[Line, ...]:
        """The lines that would stop the month, and that somebody has accepted."""
        return tuple(line for line in self.lines if line.outcome == "accepted")

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
    accepted: int = 0

    @classmethod
    def of(cls, results: Sequence[SuiteResult]) -> "SiteCounts":
        return cls(
            evaluated=sum(len(result.lines) for result in results),
            failed=sum(len(result.failures) for result in results),
            warned=sum(len(result.warnings) for result in results),
            accepted=sum(len(result.accepted) for result in results),
        )

    @property
    def outcome(self) -> Outcome | None:
        """The worst of its measures."""
        if self.failed is None:
            return None
        if self.failed:
            return "stop"
        if self.accepted:
            return "accepted"
        return "warn" if self.warned else "pass"


def publish(
    site: Site, results: Sequence[SuiteResult], validations: Sequence[Validation]
) -> None:
    """Write a site aside, put it in its place, and list it among all months.

    Args:
        site: where it belongs.
        results: every table once, in the order of the index.
        validations: what they follow from.
    """
    aside = site.folder.with_name(f".{site.stage}.{uuid.uuid4().hex}")
    (aside / RECORDS).mkdir(parents=True)
    for validation in validations:
        _write_json(aside / _record(validation.severity), validation.record)
    counts = SiteCounts.of(results)
    _write_json(aside / RESULT, asdict(counts))
    records = {each.severity: _record(each.severity) for each in validations}
    page = rendered(
        "site.html.j2", site=site, counts=counts, results=results, records=records
    )
    (aside / "index.html").write_text(page, encoding="utf-8")
    shutil.rmtree(site.folder, ignore_errors=True)
    os.replace(aside, site.folder)
    write_months(site.root)


def _record(severity: str) -> str:
    return f"{RECORDS}/{severity}.json"


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def write_months(root: Path) -> None:
    """List every site on disk in ``index.html`` of the root.

    The disk is read again after writing: of two stages that end together the slower one would otherwise write
    a list without the other.
    """
    written = None
    while (page := _months_page(root)) != written:
        replace_text(root / "index.html", page)
        written = page


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
