"""The section of a profile that says when people are told that a model in force no longer fits."""

from pydantic import Field

from churn_tasks.core.closed import Closed


class ModelWatch(Closed):
    """Bounds of what is watched each month; effects, with room for chance added where a month is small.

    An alarm stops nothing but what would be scored on other spellings: candidates are trained each month anyway, and
    the gate decides.
    """

    input_psi: float = Field(
        0.25,
        gt=0,
        description="stability index of one input, on top of what its training months lie apart, that is noticed",
    )
    moved_share: float = Field(
        0.15,
        gt=0,
        le=1,
        description="share of the model's inputs beyond that at once, from which on it is an alarm",
    )
    score_psi: float = Field(
        0.25, gt=0, description="stability index of the scores that is an alarm"
    )
    new_value_share: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of customers with a text that the model never met, from which on it is an alarm",
    )
    respelled_share: float = Field(
        0.05,
        gt=0,
        le=1,
        description="share of customers whose text was learnt in another case or number format; more stop the scoring",
    )
    calibration_gap: float = Field(
        0.03,
        gt=0,
        le=1,
        description="mean score against the share that left, either way, from which on it is an alarm",
    )
    list_gap: float = Field(
        0.15,
        gt=0,
        le=1,
        description="the same of the customers on the list of the time",
    )
    precision_loss: float = Field(
        0.4,
        gt=0,
        lt=1,
        description="part of the average precision that the model promised whose loss is an alarm",
    )
    min_leavers: int = Field(30, ge=1, description="fewer leavers judge nothing")
