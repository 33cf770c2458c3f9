"""Whom the values of a column name: what ``churn forget`` goes by when it takes a person out.

==============  ====================================================================================================
customer        a customer's number: the row is that customer's and goes with the customer
person          a person's number; where it is the key of a table, the row goes with the person
number          the token of a telephone or identity number of the row's own customer
delivered       a row as it was delivered, as JSON: looked into for the three above
row             a row that was set aside, by its digest: goes with that row
other_side      somebody else, who was called or calls: a stand-in takes the place of token or number, the row stays
reference       the number of another customer: emptied, the row stays
words           a message that may give customers' numbers as examples: these are crossed out, the row stays
line            the beginning of a line that could not be read: crossed out where a customer's number stands in it
nobody          it names no person
==============  ====================================================================================================
"""

import re
from typing import Literal

Subject = Literal[
    "customer",
    "person",
    "number",
    "delivered",
    "row",
    "other_side",
    "reference",
    "words",
    "line",
    "nobody",
]
BY_NAME: dict[str, Subject] = {
    "customer_id": "customer",
    "customer_id_a": "customer",
    "customer_id_b": "customer",
    "primary_customer_id": "customer",
    "person_id": "person",
    "phone_token": "number",
    "identity_token": "number",
}
OF_THE_ROW: tuple[Subject, ...] = ("customer", "person", "number", "delivered", "row")
_OF_PEOPLE = re.compile(
    r"(^|_)(customer|person|subscriber|phone|identity|peer|account)_(id|token|number|no)(_|$)"
)
_NUMBERED = re.compile(r"_(id|token|number)(_|$)")


def seems_to_identify(name: str, pii: str) -> bool:
    """Whether a column must say whom it names: by its name, or because it is a number and personal data.

    >>> seems_to_identify("customer_id_a", "none"), seems_to_identify("contact_id", "quasi")
    (True, True)
    >>> seems_to_identify("bill_id", "none"), seems_to_identify("customer_count", "none")
    (False, False)
    """
    if _OF_PEOPLE.search(name):
        return True
    return pii != "none" and bool(_NUMBERED.search(name))
