"""Tables of Python steps say what they are made of, and lineage takes it from there."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, load_settings
from churn_tasks.declared.lineage.gaps import load_gaps
from churn_tasks.declared.lineage.needs import Leaf
from tests.lakes import small_profile, telecom_tables

COMPLAINT_TEXT = INCLUDE / "tables" / "pipeline" / "month_complaint_text.yaml"


def _profile(folder: Path, made_of: str) -> str:
    """A profile whose own declaration says otherwise what complaint texts are made of."""
    profile = small_profile(folder, telecom_tables())
    own = profile / "tables" / "pipeline" / COMPLAINT_TEXT.name
    own.parent.mkdir(parents=True, exist_ok=True)
    shared = COMPLAINT_TEXT.read_text(encoding="utf-8")
    assert "made_of: {complaint: [complaint_text]}" in shared
    own.write_text(
        shared.replace("{complaint: [complaint_text]}", made_of), encoding="utf-8"
    )
    return str(profile)


def _needs(profile: str) -> frozenset[Leaf]:
    lineage = load_gaps(load_settings(profile))._lineage("complaint")
    return lineage.of("feat_complaint_text", "text_price_count")


def test_a_table_needs_the_required_columns_and_those_it_names(tmp_path: Path) -> None:
    needed = {
        leaf.column for leaf in _needs(_profile(tmp_path, "{complaint: [channel]}"))
    }
    assert needed >= {"customer_id", "event_date", "known_date", "channel"}
    assert "complaint_text" not in needed
    assert Leaf("complaint", "complaint_text") in _needs("telecom"), (
        "control: the shared declaration names it"
    )


@pytest.mark.parametrize(
    ("made_of", "named"),
    [
        ("{complaint: [complaint_words]}", "complaint.complaint_words"),
        ("{complaints: [complaint_text]}", "complaints"),
    ],
)
def test_what_no_contract_has_is_refused(
    tmp_path: Path, made_of: str, named: str
) -> None:
    with pytest.raises(
        SettingsError, match=f"month_complaint_text.*no contract has: {named}$"
    ):
        load_gaps(load_settings(_profile(tmp_path, made_of)))
