"""What every section of the settings and every declaration is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SEEDS = 2**32  # 0 to below that: what numpy, scikit-learn and LightGBM all take
Seed = Annotated[int, Field(ge=0, lt=SEEDS)]
# blank is as empty as nothing: people would read a line without words
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Closed(BaseModel):
    """Frozen, and refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Text(Closed):
    """One text in both languages of the product; neither may be blank."""

    en: Words
    zh: Words
