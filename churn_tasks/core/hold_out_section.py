"""The section of a profile that says which part of each list is not contacted, so that the effect of contacts shows."""

from typing import Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Seed


class HoldOut(Closed):
    """Who of a list is left alone (H5). Off unless a profile says otherwise: with ``share`` 0 everybody is called."""

    share: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="part of each list that is not contacted; 0: no hold-out, and nothing is known of the effect",
    )
    exempt_key_accounts: bool = Field(
        False,
        description="key accounts are always called; nothing is learnt about them",
    )
    panel_share: float = Field(
        0.0,
        ge=0,
        le=0.2,
        description="part of all persons who are contacted in no month, the same ones for good",
    )
    most_contacted: float = Field(
        0.2,
        gt=0,
        le=1,
        description="share of those held out who were contacted all the same, beyond which no effect is shown",
    )
    seed: Seed = 20_240_101

    @model_validator(mode="after")
    def _exempt_from_something(self) -> Self:
        if self.exempt_key_accounts and not self.share and not self.panel_share:
            raise ValueError(
                "exempt_key_accounts exempts nobody while share and panel_share are 0; state share, such as 0.1"
            )
        return self
