"""Two records beside each other, for people: field by field, what differs marked."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from churn_tasks.core.closed import Text

HIDDEN = "＊"
FIELDS = {
    "customer_id": Text(en="line", zh="用户编号"),
    "customer_name": Text(en="name", zh="姓名"),
    "address_text": Text(en="address", zh="地址"),
    "phone_masked": Text(en="phone", zh="号码"),
    "gender": Text(en="sex", zh="性别"),
    "birth_year": Text(en="born", zh="出生年份"),
    "region_code": Text(en="region", zh="大区"),
    "city_code": Text(en="city", zh="地市"),
    "customer_group": Text(en="group", zh="分组"),
    "joined_date": Text(en="joined", zh="入网日期"),
    "service_status": Text(en="status", zh="状态"),
}
PRIVATE = ("customer_name", "address_text")


@dataclass(frozen=True)
class Field:
    """One line of the comparison; empty values are empty texts."""

    name: str
    label: Text
    left: str
    right: str

    @property
    def differs(self) -> bool:
        """Whether both are given and not the same."""
        return bool(self.left and self.right) and self.left != self.right


def fields(pair: Mapping[str, Any]) -> list[Field]:
    """The fields of a row of ``review_queue``, in a fixed order, those that neither record has left out."""
    sides = [
        {
            **pair[f"record_{side}"],
            "customer_id": pair[f"customer_id_{side}"],
            "phone_masked": pair[f"phone_masked_{side}"],
        }
        for side in ("a", "b")
    ]
    rows = [
        Field(name, label, *(str(side.get(name) or "") for side in sides))
        for name, label in FIELDS.items()
    ]
    return [row for row in rows if row.left or row.right]


def only_differences(field: Field) -> Field:
    """The same field with each character of a name or address hidden that both records have.

    >>> hidden = only_differences(Field("customer_name", FIELDS["customer_name"], "王小明", "王晓明"))
    >>> hidden.left, hidden.right
    ('＊小＊', '＊晓＊')
    """
    if field.name not in PRIVATE:
        return field
    left, right = list(field.left), list(field.right)
    for start_left, start_right, length in difflib.SequenceMatcher(
        None, left, right, autojunk=False
    ).get_matching_blocks():
        left[start_left : start_left + length] = HIDDEN * length
        right[start_right : start_right + length] = HIDDEN * length
    return Field(field.name, field.label, "".join(left), "".join(right))


def markdown(pair: Mapping[str, Any], *, show_records: bool) -> str:
    """Both records as a Markdown table, differing fields marked, with the evidence below.

    Args:
        show_records: show names and addresses in full; otherwise only the characters in which they differ.
    """
    shown = [
        field if show_records else only_differences(field) for field in fields(pair)
    ]
    lines = ["| | A | B | |", "| --- | --- | --- | --- |"]
    for field in shown:
        mark = "≠" if field.differs else ""
        lines.append(
            f"| {field.label.en} {field.label.zh} | {_cell(field.left)} | {_cell(field.right)} | {mark} |"
        )
    told = [
        f"Probability 概率 {pair['probability']:.1%}. {pair['reason']}",
        pair["evidence"],
        pair["evidence_zh"],
    ]
    return "\n".join([*lines, "", *(text for text in told if text)])


def _cell(text: str) -> str:
    """Text of a record must not become markup."""
    return "".join(
        "\\" + character if character in "\\|`*_<>[]()#!" else character
        for character in text
    )
