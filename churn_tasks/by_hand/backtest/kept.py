"""What a backtest keeps of each month it has decided, so that one that was killed goes on where it was.

``<state>/backtest/months/2010-08.json`` holds the decision, ``models/2010-08/<candidate>/`` the candidates' files; no
customer stands in either. A month is taken over where all that decides it has the same digest.
"""

import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from churn_tasks.adapters.model_files import MODEL_FILE, digests, read_model
from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.modeling.classifier import ChurnClassifier


@dataclass(frozen=True)
class KeptModel:
    """A model that the replay has fitted.

    Attributes:
        made_in: month of the run that fitted it.
        version: number that it has in the replay, counted as the registry counts.
        files: digests of its files.
    """

    candidate: str
    made_in: str
    version: int
    files: Mapping[str, str]


@dataclass(frozen=True)
class Decided:
    """What the run of one month would have decided.

    Attributes:
        digest: of all that decided it.
        candidates: those that were fitted; none where too few had left.
        champion: in force from this month on; None while there is none.
    """

    digest: str
    candidates: tuple[KeptModel, ...]
    champion: KeptModel | None
    promoted: bool
    why: str


@dataclass(frozen=True)
class KeptMonths:
    """The folder of one profile's backtest."""

    root: Path

    def decided(self, month: Month, digest: str) -> Decided | None:
        """What an earlier try decided from the very same; None where it did not, or a file is gone."""
        path = self._file(month)
        if not path.is_file():
            return None
        found = _decided(json.loads(path.read_text(encoding="utf-8")))
        if found.digest != digest:
            return None
        models = list(found.candidates)
        if found.champion:
            models.append(found.champion)
        for model in models:
            if digests(self._folder(model)) != dict(model.files):
                return None
        return found

    def keep(self, month: Month, decided: Decided) -> None:
        """Write the decision, last of all."""
        text = json.dumps(asdict(decided), ensure_ascii=False, indent=2)
        replace_text(self._file(month), text + "\n")

    def write(
        self, candidate: str, made_in: Month, version: int, classifier: ChurnClassifier
    ) -> KeptModel:
        """Keep a model's files, whole or not at all."""
        import skops.io

        model = KeptModel(candidate, str(made_in), version, {})
        target = self._folder(model)
        aside = target.with_name(f".{candidate}-{uuid.uuid4().hex}")
        aside.mkdir(parents=True)
        try:
            skops.io.dump(classifier, aside / MODEL_FILE)
            shutil.rmtree(target, ignore_errors=True)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return KeptModel(candidate, str(made_in), version, digests(target))

    def read(self, model: KeptModel, trusted: tuple[str, ...]) -> ChurnClassifier:
        """A model as it was kept.

        Raises:
            BadInput: its files are not those that were kept.
        """
        said = f"backtest, {model.candidate} of {model.made_in}"
        classifier: ChurnClassifier = read_model(
            self._folder(model), model.files, trusted, said
        )
        return classifier

    def _file(self, month: Month) -> Path:
        return self.root / "months" / f"{month}.json"

    def _folder(self, model: KeptModel) -> Path:
        return self.root / "models" / model.made_in / model.candidate


def _decided(content: dict[str, Any]) -> Decided:
    candidates = [KeptModel(**each) for each in content.pop("candidates")]
    champion = content.pop("champion")
    in_force = KeptModel(**champion) if champion else None
    return Decided(candidates=tuple(candidates), champion=in_force, **content)
