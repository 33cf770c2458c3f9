"""What is wrong with a file of settings or declarations, field by field, without the address that pydantic adds."""

from pydantic import ValidationError

from churn_tasks.core.privacy import masked

NO_FIELDS = "must be fields with values, such as name: value"


def wrong_fields(error: ValidationError | TypeError) -> str:
    """Each wrong field with what is wrong and what was given; numbers and passwords masked.

    Args:
        error: a TypeError where the file is no mapping at all.
    """
    if isinstance(error, TypeError):
        return NO_FIELDS
    problems = []
    for problem in error.errors():
        field = ".".join(map(str, problem["loc"]))
        about = f"{field}: " if field else ""
        given = masked(repr(problem["input"]))
        problems.append(f"{about}{problem['msg']} (given: {given})")
    return "; ".join(problems)
