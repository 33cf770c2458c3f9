"""What docs/models.md says of families: all of them are in its table, and its example works as it stands."""

import re
from pathlib import Path

from sklearn.metrics import roc_auc_score

from churn_tasks.core.family_files import family_files
from churn_tasks.core.modeling_section import Wanted
from churn_tasks.core.settings import REPOSITORY
from churn_tasks.modeling.candidates import candidate_models, fit_candidate
from tests.modeling.samples import FEATURES, drawn

HANDBOOK = (REPOSITORY / "docs" / "models.md").read_text(encoding="utf-8")


def test_every_family_has_a_row_with_the_rows_from_which_it_is_thinned() -> None:
    families, _, _ = HANDBOOK.partition("\n## Watching")
    lines = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", families, re.MULTILINE)
    rows = dict(lines)
    assert set(rows) == set(family_files())
    for model in candidate_models(
        tuple(Wanted(name=name, family=name) for name in rows if name != "rule")
    ):
        most = getattr(model.given, "most_rows", None)
        if most is not None:
            assert rows[model.name] == f"{most:,}"


def test_the_example_of_an_own_family_works(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", HANDBOOK, re.DOTALL)
    (tmp_path / "families").mkdir()
    (tmp_path / "families" / "extra_trees.py").write_text(code, encoding="utf-8")
    wanted = Wanted(name="extra_trees", family="extra_trees", given={"trees": 30})
    (candidate,) = candidate_models((wanted,), tmp_path)
    later = drawn(1_000, months=1, seed=2)
    fitted = fit_candidate(candidate, drawn(500, seed=1), FEATURES, 5, 1)
    scores = fitted.classifier.predict(later.features)
    assert roc_auc_score(later.churned, scores) > 0.7
