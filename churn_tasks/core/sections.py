"""The sections of a profile's ``settings.yaml``: every field with its default, its bounds and its meaning."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from churn_tasks.core.errors import ChurnError
from churn_tasks.core.months import Month


def _month(value: object) -> Month:
    try:
        return value if isinstance(value, Month) else Month.parse(value)
    except ChurnError as error:
        raise ValueError(str(error)) from error


MonthField = Annotated[Month, BeforeValidator(_month), PlainSerializer(str)]
Share = Annotated[float, Field(gt=0, le=1)]


class Closed(BaseModel):
    """Frozen, and refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Text(Closed):
    """One text in both languages of the product."""

    en: str
    zh: str


class Windows(Closed):
    """Lengths in months (C2) and the days after which billing has closed."""

    observe: int = Field(3, ge=1, le=60)
    delay: int = Field(1, ge=0, le=60)
    predict: int = Field(1, ge=1, le=60)
    settle_days: int = Field(5, ge=0, le=27)


class Definition(Closed):
    """Who is a customer and what counts as leaving (C1, C3); each name is a query folder."""

    population: Literal["active_every_month", "active_any_month", "active_last_month"] = "active_every_month"
    churn: Literal["inactive_any_month", "inactive_whole_window"] = "inactive_any_month"
    drop_left_in_delay: bool = Field(
        True, description="leave customers who left during the delay out of training: they could not be called in time"
    )


class Source(Closed):
    """Where the raw data come from.

    ``postgres`` reads ``CHURN_SOURCE_URL`` with ``extract/<table>.sql`` in PostgreSQL's dialect;
    ``files`` reads ``CHURN_DATA_PATH`` with ``extract/<table>.sql`` in DuckDB's, each name of
    ``files`` being a relation over the files that match its pattern.
    """

    kind: Literal["postgres", "files"]
    files: dict[str, str] = {}
    batch_rows: int = Field(100_000, ge=1_000)


class Features(Closed):
    """Business pins and bans (D3): banned columns never reach a model."""

    ban: tuple[str, ...] = ()


class Model(Closed):
    """Candidates to fit each month and the months they may learn from."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    candidates: tuple[Literal["logistic_regression", "lightgbm"], ...] = ("logistic_regression", "lightgbm")
    max_train_months: int = Field(12, ge=1)
    max_train_rows: int = Field(
        1_000_000, ge=1_000, description="beyond it customers are thinned, the same in all months"
    )
    max_feature_auc: float = Field(
        0.98, gt=0.5, le=1, description="a single feature that separates leavers this well stops training as a leak"
    )
    seed: int = 20_240_101


class Promotion(Closed):
    """The gate (F5): what a challenger must gain in average precision on the same later month."""

    min_gain: float = Field(0.0, ge=0)


class WarningList(Closed):
    """Size of the list and the levels on it (G1, G2, H2)."""

    share: Share = 0.05
    max_customers: int | None = Field(None, ge=1)
    high_probability: Share = 0.5
    medium_probability: Share = 0.25

    @model_validator(mode="after")
    def _levels_in_order(self) -> Self:
        if self.medium_probability >= self.high_probability:
            raise ValueError("medium_probability must lie below high_probability")
        return self


class Resources(Closed):
    """Bounds of one step."""

    memory: str = Field("2GB", pattern=r"^[0-9]+(MB|GB)$")
    threads: int = Field(2, ge=1)


class ProfileFile(Closed):
    """What ``settings.yaml`` of a profile holds."""

    title: Text
    entity: Text = Text(en="customer", zh="客户")
    currency: str = "CNY"
    first_month: MonthField
    last_month: MonthField | None = Field(
        None, description="of a source that no longer grows; its months are run by backfill, never by the clock"
    )
    time_zone: str = "Asia/Shanghai"
    windows: Windows = Windows()
    definition: Definition = Definition()
    source: Source
    features: Features = Features()
    model: Model
    promotion: Promotion = Promotion()
    warning_list: WarningList = WarningList()
    resources: Resources = Resources()
