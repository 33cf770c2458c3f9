"""The sections of a profile's ``settings.yaml``: every field with its default, its bounds and its meaning."""

from fnmatch import fnmatchcase
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Seed, Text
from churn_tasks.core.currency import YUAN, CurrencyCode
from churn_tasks.core.definition import Definition
from churn_tasks.core.hold_out_section import HoldOut
from churn_tasks.core.level_section import LEVEL_TABLE, LevelRule
from churn_tasks.core.machine import memory_bytes
from churn_tasks.core.modeling_section import (
    Derive,
    Features,
    LeakProbe,
    Model,
    Promotion,
    Search,
    Select,
    Share,
    Watch,
)
from churn_tasks.core.month_field import MonthField
from churn_tasks.core.source_section import Source
from churn_tasks.core.spark_section import Spark
from churn_tasks.core.standard_section import Standard
from churn_tasks.core.watch_section import ModelWatch

__all__ = [  # sections that stand in files of their own are imported with the others
    "Derive", "Exceptional", "Features", "HoldOut", "LeakProbe", "Matching", "Model", "ModelWatch",
    "MonthField", "ProfileFile", "Promotion", "Quality", "Relations", "Resources", "Restatement", "Search", "Select",
    "WarningList", "Watch", "Widths", "Windows",
]  # fmt: skip

Limits = tuple[
    float | None, float | None
]  # lowest and highest; None leaves a side open
MEGABYTE = 1 << 20
LEAST_MEMORY = 1024 * MEGABYTE


class Windows(Closed):
    """Lengths in months (C2) and the days after which billing has closed."""

    observe: int = Field(3, ge=1, le=60)
    delay: int = Field(1, ge=0, le=60)
    predict: int = Field(1, ge=1, le=60)
    settle_days: int = Field(5, ge=0, le=27)
    predict_from: Literal["delay", "list"] = Field(
        "delay",
        description="when leaving begins to count: after the delay, or warning_list.lead_days after the list is out",
    )

    @property
    def lengths(self) -> dict[str, int]:
        """Lengths by name, as the calendar takes them."""
        lengths: dict[str, int] = self.model_dump(exclude={"predict_from"})
        return lengths


class WarningList(Closed):
    """Size of the list and the levels on it (G1, G2, H2)."""

    share: Share = 0.05
    max_customers: int | None = Field(None, ge=1)
    by: Literal["score", "priority"] = Field(
        "score",
        description="who gets a place: the likeliest to leave, or those with whom most money a month is expected to go",
    )
    high_probability: Share = 0.5
    medium_probability: Share = 0.25
    raised: tuple[LevelRule, ...] = Field(
        LEVEL_TABLE,
        description="to which level triggers raise a warning, whatever its score; [] leaves levels to the score",
    )
    lead_days: int = Field(
        3,
        ge=0,
        le=60,
        description="days after the list is out from which on a leaving counts as warned of in time",
    )
    one_row_per: Literal["line", "customer"] = Field(
        "line",
        description="customer: a person with several lines takes one place, with the line that is worth most",
    )

    @model_validator(mode="after")
    def _levels_in_order(self) -> Self:
        if self.medium_probability >= self.high_probability:
            raise ValueError("medium_probability must lie below high_probability")
        return self


class Matching(Closed):
    """When two records are one person (B4, B5). What is compared and how stands in ``include/matching/customer.yaml``.

    Pairs at ``upper`` or above are merged, pairs below ``lower`` left alone; a person is asked about those between.
    """

    upper: Share = 0.95
    lower: Share = 0.5
    most_asked_a_month: int = Field(
        500, ge=0, description="new pairs put into the review queue by one month's run"
    )
    most_lines: int = Field(
        200,
        ge=2,
        description="lines of one person beyond which nothing is merged automatically",
    )
    months_back: int = Field(
        3,
        ge=0,
        le=24,
        description="months for which a line that is gone is still compared",
    )
    sampled_pairs: int = Field(
        2_000_000,
        ge=10_000,
        description="random pairs from which chance agreement is measured",
    )
    seed: Seed = 20_240_101
    offered_at_once: int = Field(
        20,
        ge=1,
        le=200,
        description="pairs that one run of churn_review offers in Airflow",
    )
    airflow_shows: Literal["differences", "records"] = Field(
        "differences",
        description="Airflow keeps what it shows: differences hides every character that is the same",
    )

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError(f"lower must lie below upper ({self.upper})")
        return self


class Widths(Closed):
    """How far a measure may lie from the middle of the accepted months; each is a least width, the widest one counts.

    Attributes:
        mads: in robust standard deviations (1.4826 x median absolute deviation) of the accepted months.
        relative: of amounts and counts: 0.25 allows the middle x 1.25 and the middle / 1.25.
        share: of shares, as a difference at a half: 0.05 allows 45 % to 55 %; near 0 and 1 it allows less (half of
            Cohen's h), so 0.03 % of rejected rows may become 0.45 %.
        chance: in standard errors of the month's own figure, so that a small table is not blamed for its size.
    """

    mads: float = Field(5.0, ge=0)
    relative: float = Field(0.3, gt=0)
    share: float = Field(0.05, gt=0, le=1)
    chance: float = Field(5.0, ge=0)


class Exceptional(Closed):
    """Bounds for some measures alone: other widths of what is learnt, or bounds that are stated.

    Without ``allowed``, a width that is None leaves that outcome out: the measures never warn, or never stop.
    """

    measures: str = Field(
        description="pattern over table.column.measure, such as cdr.*.mean or bill.rows"
    )
    warn: Widths | None = None
    stop: Widths | None = None
    allowed: Limits | None = Field(
        None,
        description="stated in place of whatever would stop, contract and history: [0, 700]; null leaves a side open",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.allowed is None:
            return self
        if self.warn or self.stop:
            raise ValueError("give allowed, or warn and stop, not both")
        lowest, highest = self.allowed
        if lowest is not None and highest is not None and lowest > highest:
            raise ValueError("allowed must be [lowest, highest]")
        return self


class Relations(Closed):
    """Bounds of what holds between months and between tables (docs/quality.md).

    Attributes:
        known: shares of rows whose customer the month's master has, below which it warns and stops.
        no_person: shares of the active customers whom no record of the master tells as a person.
        gone: shares of a month's customers not seen in the next, from which it warns and stops until a month was
            accepted that tells what is usual.
        churn: the same of the customers of a label who left.
        lost: shares of the customers in the clean rows whom the month's summary lacks.
        closed: shares of the accounts closed by the month before last that are active, from which it warns and stops.
        warn, stop: how far a share may lie from that of accepted months. A month loses one customer in thirty: what
            guards that is narrower.
        region_warn, region_stop: how far a region's share may lie above that of all others.
    """

    known: tuple[Share, Share] = (0.98, 0.9)
    no_person: tuple[Share, Share] = (0.05, 0.15)
    gone: tuple[Share, Share] = (0.15, 0.3)
    churn: tuple[Share, Share] = (0.2, 0.5)
    lost: tuple[Share, Share] = (0.01, 0.05)
    closed: tuple[Share, Share] = (0.1, 0.25)
    warn: Widths = Widths(mads=4, share=0.03, chance=5)
    stop: Widths = Widths(mads=8, share=0.08, chance=10)
    region_warn: Share = 0.1
    region_stop: Share = 0.3


class Quality(Closed):
    """Bounds that the first gate learns from accepted months (B1, B6): outside usual it warns, outside allowed stops.

    Stated bounds (least rows, largest share of rejected rows, ``volume``) always apply; nothing is learnt from fewer
    than ``min_months`` accepted months, nor of figures over fewer than ``min_rows`` rows.
    """

    min_months: int = Field(4, ge=3)
    max_months: int = Field(
        12, ge=3, le=60, description="only the latest so many accepted months teach"
    )
    min_rows: int = Field(200, ge=1)
    warn: Widths = Widths()
    stop: Widths = Widths(mads=12, relative=1.0, share=0.25, chance=10)
    first_year: float = Field(
        1.5,
        ge=1,
        description="wider by this factor until a whole year is known: seasons",
    )
    volume: tuple[float, float] = Field(
        (0.5, 2.0), description="rows against the month before, if accepted: stated"
    )
    population: tuple[float, float] = Field(
        (0.5, 2.0), description="customers of a month against the month before: stated"
    )
    exceptions: tuple[Exceptional, ...] = Field(
        (), description="the first that fits a measure counts"
    )
    relations: Relations = Relations()
    ignore: tuple[str, ...] = Field(
        (), description="patterns over table.column.measure that have no learnt bounds"
    )

    def exception_of(self, name: str) -> Exceptional | None:
        """The first exception that fits a measure, which is named ``table.column.measure`` or ``table.measure``."""
        for exception in self.exceptions:
            if fnmatchcase(name, exception.measures):
                return exception
        return None

    def allowed_of(self, name: str, stated: Limits) -> Limits:
        """The bounds outside which a measure stops the month: those that the settings state for it, else these."""
        exception = self.exception_of(name)
        if exception is None or exception.allowed is None:
            return stated
        return exception.allowed

    def widths_of(
        self, name: str, warn: Widths | None, stop: Widths | None
    ) -> tuple[Widths | None, Widths | None]:
        """The widths of what is learnt of a measure: those of its exception, else these."""
        exception = self.exception_of(name)
        if exception is None or exception.allowed is not None:
            return warn, stop
        return exception.warn, exception.stop

    @model_validator(mode="after")
    def _usual_within_allowed(self) -> Self:
        if self.min_months > self.max_months:
            raise ValueError("min_months must not exceed max_months")
        for name in ("volume", "population"):
            lowest, highest = getattr(self, name)
            if not lowest < 1 < highest:
                raise ValueError(f"{name} must enclose 1, such as [0.5, 2.0]")
        narrow = [
            name
            for name in Widths.model_fields
            if getattr(self.stop, name) < getattr(self.warn, name)
        ]
        if narrow:
            raise ValueError(
                f"stop must be at least as wide as warn in: {', '.join(narrow)}"
            )
        return self


class Restatement(Closed):
    """How far back the monthly run looks for rows that came late (A7)."""

    months: int = Field(
        1,
        ge=0,
        le=12,
        description="earlier months that each run looks through for late rows and restates; 0: none",
    )


class Resources(Closed):
    """Bounds of one step, and the engine that runs the queries of summarise, features and labels."""

    memory: str = Field(
        "auto",
        pattern=r"^(auto|[0-9]+(MB|GB))$",
        description="what DuckDB may take; auto: a quarter of what the machine or its container has, 1GB at least",
    )
    threads: int = Field(2, ge=1)
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: Spark = Spark()

    @property
    def memory_limit(self) -> str:
        """``memory`` as DuckDB takes it, such as ``2GB``."""
        if self.memory != "auto":
            return self.memory
        quarter = memory_bytes() // 4
        return f"{max(quarter, LEAST_MEMORY) // MEGABYTE}MB"


class ProfileFile(Closed):
    """What ``settings.yaml`` of a profile holds."""

    title: Text
    currency: CurrencyCode = Field(
        YUAN,
        description="of all amounts, ISO 4217; none: nothing is paid in this source",
    )
    first_month: MonthField
    last_month: MonthField | None = Field(
        None,
        description="of a source that no longer grows; its months are run by backfill, never by the clock",
    )
    time_zone: str = "Asia/Shanghai"
    windows: Windows = Windows()
    definition: Definition  # in the file: the name of a definition, or its fields (core/definition_files.py)
    source: Source
    standardise: dict[str, Standard] = Field(
        {}, description="<table>.<column> to how it is brought to standard form"
    )
    phone_region: str = Field(
        "CN",
        pattern=r"^([A-Z]{2}|any)$",
        description="country of numbers without a country code; any: 3 to 15 digits of an unknown plan are a number",
    )
    features: Features = Features()
    figures: dict[str, float] = Field(
        {},
        description="costs, rates and thresholds of queries, as <query>.<name>, that differ from their query.yaml",
    )
    limits: dict[str, float] = Field(
        {},
        description="amounts beyond which a row is set aside, as <table>.<rule>, in the profile's currency",
    )
    model: Model
    leak_probe: LeakProbe = LeakProbe()
    promotion: Promotion = Promotion()
    watch: ModelWatch = ModelWatch()
    matching: Matching = Matching()
    warning_list: WarningList = WarningList()
    hold_out: HoldOut = HoldOut()
    quality: Quality = Quality()
    restatement: Restatement = Restatement()
    resources: Resources = Resources()

    @model_validator(mode="after")
    def _months_in_order(self) -> Self:
        if self.last_month is not None and self.last_month < self.first_month:
            raise ValueError(
                f"last_month {self.last_month} lies before first_month {self.first_month}"
            )
        return self
