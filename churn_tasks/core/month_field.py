"""A month as a field of the settings, written ``2024-03``."""

from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from churn_tasks.core.errors import ChurnError
from churn_tasks.core.months import Month


def _month(value: object) -> Month:
    if isinstance(value, Month):
        return value
    try:
        return Month.parse(value)
    except ChurnError as error:
        raise ValueError(str(error)) from error


MonthField = Annotated[Month, BeforeValidator(_month), PlainSerializer(str)]
