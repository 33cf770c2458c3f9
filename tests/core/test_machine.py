"""How much memory a step may take where the settings leave it to the machine."""

from pathlib import Path

import pytest

from churn_tasks.core import sections
from churn_tasks.core.machine import memory_bytes
from churn_tasks.core.sections import Resources

GIGABYTE = 1 << 30


@pytest.fixture
def machine() -> int:
    return memory_bytes(())


@pytest.mark.parametrize(
    ("written", "expected"),
    [("536870912\n", 536_870_912), ("max\n", None), ("9223372036854771712\n", None)],
)
def test_a_container_may_have_less_than_its_machine(
    tmp_path: Path, machine: int, written: str, expected: int | None
) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(written, encoding="ascii")
    missing = tmp_path / "none"
    assert memory_bytes((missing, limit)) == (expected or machine)


def test_auto_is_a_quarter_and_never_less_than_a_gigabyte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for has, given in ((24, "6144MB"), (8, "2048MB"), (2, "1024MB")):
        monkeypatch.setattr(sections, "memory_bytes", lambda has=has: has * GIGABYTE)
        assert Resources().memory_limit == given
    assert Resources(memory="500MB").memory_limit == "500MB"


@pytest.mark.parametrize("wrong", ["half", "2 GB", "2TB", "-1GB", ""])
def test_other_words_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="memory"):
        Resources(memory=wrong)
