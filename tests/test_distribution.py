"""Every unit that is named exists, so that none is built twice because a folder was renamed."""

from churn_tasks.core.settings import REPOSITORY
from tests.distribution import LONGEST, ROOMS, SMALLEST_PROFILE, place, unit_of


def test_every_named_unit_exists() -> None:
    for name in (*ROOMS, *SMALLEST_PROFILE, *LONGEST):
        assert (REPOSITORY / name).exists(), name


def test_a_room_that_shares_is_one_unit() -> None:
    for room in ROOMS:
        files = sorted((REPOSITORY / room).glob("test_*.py"))
        tests = [f"{file.relative_to(REPOSITORY)}::test_x" for file in files]
        assert len(files) > 1
        assert {unit_of(test) for test in tests} == {room}


def test_the_longest_come_first() -> None:
    tests = ["tests/core/test_months.py::test_order", *LONGEST]
    assert sorted(tests, key=place) == [*LONGEST, tests[0]]
