"""The sections of a profile that say what models learn from and when one goes live: features, model, gate."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from churn_tasks.core.closed import Closed, Seed
from churn_tasks.core.month_field import MonthField

Share = Annotated[float, Field(gt=0, le=1)]
CHAMPION = "champion"  # as tables call the model in force
ALL_MONTHS = "all"  # as tables call several months together


class Select(Closed):
    """Which columns of the catalogue a month's models learn from (D3), decided inside its training rows.

    A column falls out for the first of these that it fails; pinned ones never do. Figures are of the training rows.
    What reaches neither ``min_iv`` nor ``min_auc`` falls out unless it gains more than chance in a small booster.
    """

    max_missing: Share = Field(
        0.999, description="share of rows without a value from which a column falls out"
    )
    min_varied: float = Field(
        0.0002,
        ge=0,
        lt=1,
        description="share of rows that must differ from the commonest value",
    )
    max_levels: int = Field(
        500,
        ge=2,
        description="a text with more levels falls out: it names customers rather than kinds of them",
    )
    max_month_share: Share = Field(
        0.3,
        description="a column that marks the month by so much falls out, unless the latest training month bears it out",
    )
    max_correlation: float = Field(
        0.95,
        gt=0,
        le=1,
        description="of two columns whose ranks correlate so closely, the one that tells less falls out",
    )
    min_iv: float = Field(
        0.001,
        ge=0,
        description="information value, less what chance gives, that keeps a column",
    )
    min_auc: float = Field(
        0.51,
        ge=0.5,
        lt=1,
        description="AUC, in the better direction, that keeps it as well",
    )
    certainty: float = Field(
        2.0,
        ge=0,
        description="standard errors above chance that either of the two must lie as well: few rows prove little",
    )
    max_columns: int = Field(
        180,
        ge=1,
        description="at most so many columns, those that tell most; pinned ones count",
    )
    max_rows: int = Field(
        20_000,
        ge=1_000,
        description="training rows looked at; beyond it customers are thinned",
    )


class Watch(Closed):
    """When the page of the catalogue points at a column; nothing stops for it."""

    psi_notice: float = Field(
        0.1, gt=0, description="population stability index worth a look"
    )
    psi_alarm: float = Field(
        0.25, gt=0, description="population stability index that asks for an answer"
    )
    missing_rise: float = Field(
        0.05,
        gt=0,
        le=1,
        description="missing share above the reference month's by so much",
    )
    leak_auc: float = Field(
        0.9,
        gt=0.5,
        le=1,
        description="AUC of a single column, either direction, that looks like a leak",
    )


class Features(Closed):
    """Business pins and bans (D3): banned columns never reach a model, pinned ones always do."""

    ban: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()
    select: Select | None = Field(
        Select(), description="null: models learn from every column that is not banned"
    )
    watch: Watch = Watch()

    @model_validator(mode="after")
    def _pinned_or_banned(self) -> Self:
        both = sorted(set(self.pin) & set(self.ban))
        if both:
            raise ValueError(f"pinned and banned at once: {', '.join(both)}")
        return self


class Derive(Closed):
    """Columns made of all numeric ones together, fitted on training rows alone (D4, D5); 0 makes none."""

    pca: int = Field(0, ge=0, le=50, description="principal components")
    factors: int = Field(0, ge=0, le=50, description="factors of a factor analysis")
    clusters: int = Field(
        0, ge=0, le=50, description="clusters of behaviour: a distance from each"
    )


class Wanted(Closed):
    """One candidate: a model family and what its parameters are given."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="by which tables and MLflow call it"
    )
    family: str = Field(
        description="name of its file (docs/models.md); the candidate's name when absent"
    )
    given: dict[str, Any] = Field(
        {}, description="parameters of the family; its defaults for the rest"
    )

    @model_validator(mode="before")
    @classmethod
    def _named_like_its_family(cls, given: Any) -> Any:
        if isinstance(given, dict) and "name" in given:
            return {"family": given["name"], **given}
        return given

    @model_validator(mode="after")
    def _no_champion(self) -> Self:
        if self.name == CHAMPION:
            raise ValueError("champion is what tables call the model in force")
        return self


def named(candidate: Any) -> Any:
    """A candidate that is given by its name alone."""
    if isinstance(candidate, str):
        return {"name": candidate}
    return candidate


Candidate = Annotated[Wanted, BeforeValidator(named)]


class Search(Closed):
    """Whether the parameters of candidates are searched each month (E3), inside the months that they learn from.

    What a candidate is given stays as it is; its family says which values are tried for the others (docs/models.md).
    """

    kind: Literal["none", "grid", "random", "optuna"] = Field(
        "none",
        description="grid: one combination after the other; random: drawn; optuna: near what was best; none twice",
    )
    trials: int = Field(
        20, ge=2, le=10_000, description="combinations tried of each candidate"
    )
    seconds: float | None = Field(
        None,
        gt=0,
        description="no trial of a candidate begins later; null: all trials are made",
    )
    months: int = Field(
        2, ge=1, le=24, description="latest months on which each trial is judged"
    )
    memory_gb: float | None = Field(
        None,
        gt=0,
        description="candidates and trials whose fit would take more are left out; null: none is",
    )


class Model(Closed):
    """Candidates to fit each month and the months they may learn from."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    candidates: tuple[Candidate, ...] = (
        Wanted(name="logistic_regression", family="logistic_regression"),
        Wanted(name="lightgbm", family="lightgbm"),
    )
    max_train_months: int = Field(12, ge=1)
    train_from: MonthField | None = Field(
        None,
        description="month with whose run training begins, where earlier months are only summed up; none: at once",
    )
    max_train_rows: int = Field(
        300_000,
        ge=1_000,
        description="beyond it customers are thinned, the same in all months; memory grows by 7 kB a row",
    )
    max_unknown_rise: float = Field(
        0.05,
        ge=0,
        le=1,
        description="a column that more customers lack than twice the share in training and so much stops the scoring",
    )
    calibration: Literal["auto", "window", "latest", "prior_shift", "month_of_year"] = (
        Field(
            "window",
            description="to what share of leavers a month is moved (docs/backtest.md); auto: what came closest",
        )
    )
    derive: Derive = Derive()
    search: Search = Search()
    stayers_per_leaver: float | None = Field(
        None,
        ge=1,
        description="beyond it stayers are thinned before a fit and scores corrected for it; null: all are taken",
    )
    seed: Seed = 20_240_101

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = self.candidate_names
        if not names:
            raise ValueError("candidates: at least one is needed")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"candidates of the same name: {', '.join(twice)}. Give one another name, with family: beside it."
            )
        return self

    @property
    def candidate_names(self) -> list[str]:
        return [wanted.name for wanted in self.candidates]


class LeakProbe(Closed):
    """From where on a single column has seen the label, so that training stops (docs/leaks.md has the margins)."""

    max_auc: float = Field(
        0.97,
        gt=0.5,
        le=1,
        description="AUC of one column alone, ranked or by its leaving rates",
    )
    max_sure_share: Share = Field(
        0.5,
        description="share of all leavers (or stayers) where next to all leave (stay)",
    )
    max_jump: float = Field(
        0.15,
        gt=0,
        le=1,
        description="AUC of the latest month against the months before ...",
    )
    jump_from_auc: float = Field(
        0.85, gt=0.5, le=1, description="... where that month's AUC is at least this"
    )
    notice_auc: float = Field(
        0.9, gt=0.5, le=1, description="AUC that is worth a warning in the log"
    )
    notice_share: Share = Field(
        0.25, description="sure share that is worth a warning in the log"
    )


class Promotion(Closed):
    """The gate (F5): what a challenger must gain in average precision on the same later months, beyond chance."""

    min_gain: float = Field(
        0.0,
        ge=0,
        description="the lower end of the interval of its gain must lie above it",
    )
    min_churners: int = Field(
        100,
        ge=0,
        description="leavers that a gain must rest on; with fewer the champion stays",
    )
    first_model: Literal["sure", "ahead"] = Field(
        "sure",
        description="ahead: where few leave, the first model goes live though it is not surely better than chance",
    )
    approval: Literal["none", "person"] = Field(
        "none",
        description="person: what passes the gate goes live when somebody agrees; no answer keeps the champion",
    )
    approval_hours: int = Field(
        48,
        ge=1,
        le=240,
        description="hours for which the month waits for the answer before its list goes out",
    )
    shadow: bool = Field(
        False,
        description="the best candidate that was not promoted scores the month as well, and decides nothing",
    )
