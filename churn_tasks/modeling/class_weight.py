"""What a leaver weighs in a fit, as several families can be given it."""

from typing import Annotated, Literal

from pydantic import Field

ClassWeight = Annotated[
    Literal["none", "balanced"],
    Field(description="balanced: leavers weigh as much as stayers together"),
]


def of_scikit_learn(weight: ClassWeight) -> str | None:
    """The same as scikit-learn's estimators take it."""
    return None if weight == "none" else weight
