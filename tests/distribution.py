"""Which tests share a process, so that what they read is built once, and which come first: those that take longest."""

from xdist.scheduler import LoadFileScheduling

# Rooms whose files share a lake, a source or services: one process takes a room as a whole.
ROOMS = (
    "tests/dags/",
    "tests/restatement/",
    "tests/simulator/",
    "tests/spark/",
)
# The smallest profile, walked once for both files.
SMALLEST_PROFILE = ("tests/test_killed_runs.py", "tests/test_own_profile.py")
# Longest first, so that no process is left with one of them while the others are done.
LONGEST = (
    "tests/dags/",
    "tests/restatement/",
    "tests/test_whole_road.py",
    "tests/sql/test_no_look_ahead.py",
    "tests/test_killed_runs.py",
    "tests/spark/",
    "tests/newcomer/test_newcomer.py",
    "tests/integrate/test_against_truth.py",
    "tests/corrupted/test_corrupted_input.py",
    "tests/declared/test_lineage.py",
    "tests/sql/test_determinism.py",
    "tests/checks/test_check_raw.py",
)


def unit_of(test: str) -> str:
    """What is run in one process with this test: its room where files share what they read, else its file.

    >>> unit_of("tests/simulator/test_dirt.py::test_a_kind[late]")
    'tests/simulator/'
    >>> unit_of("tests/core/test_months.py::test_order")
    'tests/core/test_months.py'
    """
    file, _, _ = test.partition("::")
    if file in SMALLEST_PROFILE:
        return SMALLEST_PROFILE[0]
    for room in ROOMS:
        if file.startswith(room):
            return room
    return file


def place(test: str) -> int:
    """The place of a test's unit among the longest; behind all of them if it is none."""
    unit = unit_of(test)
    return LONGEST.index(unit) if unit in LONGEST else len(LONGEST)


class ByUnit(LoadFileScheduling):
    """Hands out units in the order in which their tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
