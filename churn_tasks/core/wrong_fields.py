"""What is wrong with a file of settings or declarations, field by field, without the address that pydantic adds."""

from collections.abc import Iterator, Sequence
from typing import get_args, get_origin

from pydantic import BaseModel, ValidationError

from churn_tasks.core.privacy import masked

NO_FIELDS = "must be fields with values, such as name: value"
UNKNOWN = "extra_forbidden"  # as pydantic calls a field that there is not
OWN_ERROR = "Value error, "  # how it begins what a check of ours says
MOST_GIVEN = 200  # characters
Model = type[BaseModel]
Place = tuple[int | str, ...]


def wrong_fields(error: ValidationError | TypeError, model: Model | None = None) -> str:
    """Each wrong field with what is wrong and what was given; numbers and passwords masked.

    Args:
        error: a TypeError where the file is no mapping at all.
        model: what was validated; of a field that there is not, those that there are can then be named.
    """
    if isinstance(error, TypeError):
        return NO_FIELDS
    return "; ".join(said for _, said in problems(error, model))


def problems(
    error: ValidationError, model: Model | None = None
) -> Iterator[tuple[Place, str]]:
    """The place of each wrong field within the file, and what :func:`wrong_fields` says of it.

    What stands in no single field has the place ``()`` and says by itself what is wrong.
    """
    for problem in error.errors():
        place = problem["loc"]
        said = problem["msg"].removeprefix(OWN_ERROR)
        if problem["type"] == UNKNOWN:
            said = _no_such_field(place, model) or said
        if place:
            field = ".".join(map(str, place))
            said = f"{field}: {said} (given: {_given(problem['input'])})"
        yield place, said


def _given(value: object) -> str:
    """What was given, masked; a whole section is cut short."""
    given = masked(repr(value))
    if len(given) <= MOST_GIVEN:
        return given
    return f"{given[:MOST_GIVEN]}..."


def _no_such_field(place: Sequence[int | str], model: Model | None) -> str:
    """Which fields there are where a field was given that there is not; empty where that cannot be told."""
    if model is None:
        return ""
    is_key = False  # of a mapping, and no field
    for part in place[:-1]:
        if is_key or isinstance(part, int):
            is_key = False
            continue
        field = model.model_fields.get(part)
        inner = _model_in(field.annotation) if field else None
        if field is None or inner is None:
            return ""
        model, is_key = inner, get_origin(field.annotation) is dict
    return f"there is no such field; there are {', '.join(model.model_fields)}"


def _model_in(annotation: object) -> Model | None:
    """The model that a field holds, alone, as one of several, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if found := _model_in(part):
            return found
    return None
