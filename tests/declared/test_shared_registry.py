"""One registry for all months of a process, until a declaration or a setting changes."""

from pathlib import Path

from churn_tasks.core.settings import load_settings
from churn_tasks.declared.shared_registry import shared_registry
from tests.lakes import small_profile

OWN_TABLE = """
table: visit
key: [visit_id]
meaning: {en: Visits to a shop, zh: 到店记录}
columns:
  - {name: visit_id, type: text, required: true, en: The visit's number, zh: 到店编号}
  - {name: customer_id, type: text, required: true, en: Who came, zh: 客户}
  - {name: event_date, type: date, required: true, en: When, zh: 到店日期}
  - {name: known_date, type: date, required: true, en: When we learnt of it, zh: 获知日期}
"""


def test_months_of_one_profile_share_it_wherever_their_state_lies(
    tmp_path: Path,
) -> None:
    profile = str(small_profile(tmp_path, ["bill"]))
    here = shared_registry(load_settings(profile, state_dir=tmp_path / "here"))
    there = shared_registry(load_settings(profile, state_dir=tmp_path / "there"))
    assert here is there


def test_a_declaration_that_is_added_or_changed_is_seen(tmp_path: Path) -> None:
    folder = small_profile(tmp_path, ["bill"])
    settings = load_settings(str(folder))
    before = shared_registry(settings)
    contract = folder / "tables" / "raw" / "visit.yaml"
    contract.parent.mkdir(parents=True)
    contract.write_text(OWN_TABLE, encoding="utf-8")
    added = shared_registry(settings)
    contract.write_text(OWN_TABLE.replace("shop", "branch"), encoding="utf-8")
    changed = shared_registry(settings)

    assert "clean_visit" not in before.absent
    assert added.absent["clean_visit"].meaning.en == "Visits to a shop"
    assert changed.absent["clean_visit"].meaning.en == "Visits to a branch"


def test_other_settings_have_their_own(tmp_path: Path) -> None:
    folder = str(small_profile(tmp_path, ["bill"]))
    usual = shared_registry(load_settings(folder))
    other = shared_registry(
        load_settings(folder, windows={"observe": 4, "delay": 1, "predict": 1})
    )
    assert usual is not other
