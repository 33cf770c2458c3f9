"""What every section of the settings and every declaration is made of."""

from pydantic import BaseModel, ConfigDict


class Closed(BaseModel):
    """Frozen, and refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Text(Closed):
    """One text in both languages of the product."""

    en: str
    zh: str
