"""The month of a run comes from its partition key or its parameter, and from nothing else."""

import pytest

from churn_airflow.month import PATTERN, month_of
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month

BAD = [
    "", " ", "2024", "2024-3", "2024-13", "2024-00", "24-03", "0000-01", "2024-03-01", "2024-03T00:00:00", "2024/03",
    "2024-03\n", " 2024-03", "２０２４-03", "2024-0３", "../../etc", "2024-03; DROP TABLE x", "latest", "None", "null",
    202403, 2024.03, True, [], {}, ["2024-03"], b"2024-03",
]  # fmt: skip


@pytest.mark.parametrize("context", [
    {"partition_key": "2024-03"},
    {"partition_key": "2024-03", "params": {"month": None}},
    {"partition_key": None, "params": {"month": "2024-03"}},
    {"params": {"month": "2024-03"}},
    {"partition_key": "2024-03", "params": {"month": "2024-03"}},
    {"partition_key": "2024-03", "params": {}, "ds": "2024-02-29", "logical_date": "2024-02-29T16:00Z"},
])  # fmt: skip
def test_the_month_is_found(context):
    assert month_of(context) == Month(2024, 3)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"partition_key": None},
        {"params": None},
        {"params": {"month": None}},
        {"ds": "2024-03-06"},
    ],
)
def test_a_run_without_a_month_is_refused(context):
    with pytest.raises(BadInput, match=r'Trigger it again with \{"month": "2024-03"\}'):
        month_of(context)


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_a_bad_month_is_refused_wherever_it_stands(bad):
    for context in (
        {"partition_key": bad},
        {"params": {"month": bad}},
        {"partition_key": "2024-03", "params": {"month": bad}},
    ):
        with pytest.raises(BadInput, match="YYYY-MM"):
            month_of(context)


def test_two_months_are_refused():
    with pytest.raises(
        BadInput, match="partition key says 2024-03 but parameter month says 2024-04"
    ):
        month_of({"partition_key": "2024-03", "params": {"month": "2024-04"}})


@pytest.mark.parametrize(
    "bad", [text for text in BAD if isinstance(text, str)], ids=repr
)
def test_the_form_of_a_manual_run_refuses_the_same(bad):
    from airflow.sdk import Param
    from airflow.sdk.exceptions import ParamValidationError

    form = Param(None, type=["null", "string"], pattern=PATTERN)
    assert form.resolve("2024-03") == "2024-03"
    if bad in (
        "0000-01",
        "2024-03\n",
    ):  # JSON schema's patterns let these two pass; month_of does not
        return
    with pytest.raises(ParamValidationError):
        form.resolve(bad)
