"""Two records beside each other, for people: field by field, what differs marked."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
MARKUP = str.maketrans({sign: "\\" + sign for sign in "\\|`*_<>[]()#!"})
HEADING = ["| | A | B | |", "| --- | --- | --- | --- |"]
Pair = Mapping[str, Any]  # a row of review_queue


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


def fields(pair: Pair) -> list[Field]:
    """The fields of a row of ``review_queue``, in a fixed order, those that neither record has left out."""
    left, right = _record(pair, "a"), _record(pair, "b")
    rows = []
    for name, label in FIELDS.items():
        values = _shown(left.get(name)), _shown(right.get(name))
        if any(values):
            rows.append(Field(name, label, *values))
    return rows


def _record(pair: Pair, side: str) -> dict[str, Any]:
    keys = {name: pair[f"{name}_{side}"] for name in ("customer_id", "phone_masked")}
    return {**pair[f"record_{side}"], **keys}


def _shown(value: Any) -> str:
    return str(value or "")


def only_differences(field: Field) -> Field:
    """The same field with each character of a name or address hidden that both records have.

    >>> hidden = only_differences(Field("customer_name", FIELDS["customer_name"], "王小明", "王晓明"))
    >>> hidden.left, hidden.right
    ('＊小＊', '＊晓＊')
    """
    if field.name not in PRIVATE:
        return field
    left, right = list(field.left), list(field.right)
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for block in matcher.get_matching_blocks():
        left[block.a : block.a + block.size] = HIDDEN * block.size
        right[block.b : block.b + block.size] = HIDDEN * block.size
    return replace(field, left="".join(left), right="".join(right))


def markdown(pair: Pair, *, show_records: bool) -> str:
    """Both records as a Markdown table, differing fields marked, with the evidence below.

    Args:
        show_records: show names and addresses in full; otherwise only the characters in which they differ.
    """
    shown = fields(pair)
    if not show_records:
        shown = [only_differences(field) for field in shown]
    table = [*HEADING, *(_line(field) for field in shown)]
    said = [
        f"Probability 概率 {pair['probability']:.1%}. {pair['reason']}",
        pair["evidence"],
        pair["evidence_zh"],
    ]
    return "\n".join([*table, "", *filter(None, said)])


def _line(field: Field) -> str:
    mark = ""
    if field.differs:
        mark = "≠"
    label = f"{field.label.en} {field.label.zh}"
    return f"| {label} | {_cell(field.left)} | {_cell(field.right)} | {mark} |"


def _cell(text: str) -> str:
    """Text of a record must not become markup."""
    return text.translate(MARKUP)
