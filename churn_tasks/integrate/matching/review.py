"""SQL of what people are shown of a doubtful pair before they decide."""

from collections.abc import Iterable

from churn_tasks.core.formulas import neutral_sql
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import Expression

SHOWN = ("customer_name", "address_text", "gender", "birth_year", "region_code", "city_code", "customer_group",
         "joined_date", "service_status")  # fmt: skip
TEXTS = (
    "customer_name",
    "address_text",
    "gender",
    "region_code",
    "city_code",
    "customer_group",
    "service_status",
)


def records_shown_sql(available: Iterable[str]) -> str:
    """customer_id, phone_token and the record as JSON text, for the lines of the registered ``wanted_lines``.

    People see and export the record: texts that a spreadsheet would run are made harmless.

    Args:
        available: columns of the contract; what it does not have is not shown.
    """
    there = set(available)
    fields = []
    for name in SHOWN:
        if name in there:
            value = neutral_sql(name) if name in TEXTS else identifier(name)
            fields.append(f"{identifier(name)} := CAST({value} AS VARCHAR)")
    number = "CAST(NULL AS VARCHAR)"
    if "phone_token" in there:
        number = "phone_token"
    return composed(
        "matching",
        "records_shown",
        number=Expression(number),
        record=Expression(f"struct_pack({', '.join(fields)})"),
    )


def evidence_shown_sql() -> str:
    """Both lines of each link with what speaks for and against it, in English and in Chinese."""
    return composed("matching", "evidence_shown")
