"""The months of a history as their runs would have gone: candidates fitted, the gate's decision, the model in force.

Each month learns from what its own run could learn from (``work/training.py``), and the gate judges on what it could
judge on. What people decided (``churn models pin`` and ``retire``) is no part of it. Nothing is registered or promoted.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace

from churn_tasks.by_hand.backtest.kept import Decided, KeptModel, KeptMonths
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings
from churn_tasks.modeling.candidates import CandidateModel
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.family import FOLDER, PACKAGE, trusted_types
from churn_tasks.modeling.frames import FeatureSet
from churn_tasks.modeling.gate import Decision, decide
from churn_tasks.modeling.used_code import digest_of
from churn_tasks.modeling.validation import CHAMPION, InForce, Judged
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.training import (
    TrainingWindow,
    decided_from,
    judge,
    judged_here,
    month_candidates,
    offered_features,
    too_few,
    training_window,
)


@dataclass(frozen=True)
class Replayed:
    """One month of the replay, while its run is open.

    Attributes:
        classifiers: ``champion`` (where there is one) and the candidates of the month, by name.
        taken_over: whether an earlier backtest had decided it.
    """

    run: MonthRun
    offered: FeatureSet
    decided: Decided
    classifiers: dict[str, ChurnClassifier]
    taken_over: bool


def deciding_months(settings: Settings, last: Month) -> list[Month]:
    """The months in whose run the gate decides, up to ``last``."""
    calendar = settings.calendar
    every = months_between(settings.first_month, last + 1)
    return [month for month in every if calendar.tested_month(month)]


def replay(settings: Settings, last: Month, kept: KeptMonths) -> Iterator[Replayed]:
    """Every month from the first that has a model up to ``last``, in order; one is done before the next begins."""
    champion: KeptModel | None = None
    trusted = trusted_types(settings.profile_dir)
    for month in deciding_months(settings, last):
        with closing(MonthRun(settings, month)) as run:
            offered = offered_features(run)
            candidates = month_candidates(run, offered)
            digest = _digest(run, offered, candidates, champion)
            decided = kept.decided(month, digest)
            taken_over = decided is not None
            if decided is None:
                turn = _Turn(run, kept, champion, trusted)
                decided = turn.decide(offered, candidates, digest)
                kept.keep(month, decided)
            champion = decided.champion
            classifiers = _classifiers(decided, kept, trusted)
            yield Replayed(run, offered, decided, classifiers, taken_over)


def _classifiers(
    decided: Decided, kept: KeptMonths, trusted: tuple[str, ...]
) -> dict[str, ChurnClassifier]:
    classifiers = {}
    if decided.champion:
        classifiers[CHAMPION] = kept.read(decided.champion, trusted)
    for model in decided.candidates:
        classifiers[model.candidate] = kept.read(model, trusted)
    return classifiers


@dataclass(frozen=True)
class _Turn:
    """One month that has not been decided yet."""

    run: MonthRun
    kept: KeptMonths
    champion: KeptModel | None
    trusted: tuple[str, ...]

    def decide(
        self, offered: FeatureSet, candidates: Sequence[CandidateModel], digest: str
    ) -> Decided:
        """Fit and judge the candidates, and let the gate decide."""
        in_force = self._in_force(offered)
        window = training_window(self.run, candidates, in_force, offered)
        if counts := too_few(window):
            return Decided(digest, (), self.champion, False, f"too few left: {counts}")
        judged = judge(window, candidates, self._numbered)
        models = self._written([one for one in judged if one.name != CHAMPION])
        decision = gate_decision(judged, self.run.settings)
        champion = self.champion
        if decision.promote:
            (champion,) = [m for m in models if m.candidate == decision.selected.name]
        return Decided(digest, tuple(models), champion, decision.promote, decision.why)

    def _in_force(self, offered: FeatureSet) -> InForce | None:
        """The champion, unless a feature that it needs is gone."""
        if self.champion is None:
            return None
        classifier = self.kept.read(self.champion, self.trusted)
        if set(classifier.features) - set(offered.names):
            return None
        name, version = self.run.settings.model.name, self.champion.version
        return InForce(name, version, classifier)

    def _numbered(self, window: TrainingWindow, candidate: CandidateModel) -> Judged:
        """A candidate fitted and judged, with the number that the registry would have given it."""
        names = self.run.settings.model.candidate_names
        earlier = len(deciding_months(self.run.settings, self.run.month)) - 1
        version = earlier * len(names) + names.index(candidate.name) + 1
        return replace(judged_here(window, candidate), version=version)

    def _written(self, judged: Sequence[Judged]) -> list[KeptModel]:
        written = []
        for one in judged:
            made_in, classifier = self.run.month, one.classifier
            written.append(self.kept.write(one.name, made_in, one.version, classifier))
        return written


def gate_decision(judged: Sequence[Judged], settings: Settings) -> Decision:
    """What the gate says of the models of a month, the champion among them where there is one."""
    contenders = {one.name: one.contender for one in judged}
    champion = contenders.pop(CHAMPION, None)
    return decide(list(contenders.values()), champion, settings.promotion)


def _digest(
    run: MonthRun,
    offered: FeatureSet,
    candidates: Sequence[CandidateModel],
    champion: KeptModel | None,
) -> str:
    """Digest of all that decides a month: data, settings, code, candidates and the champion before."""
    data = decided_from(run, offered)
    parts = {
        "candidates": [[one.name, one.digest(data)] for one in candidates],
        "champion": asdict(champion) if champion else None,
        "promotion": run.settings.promotion.model_dump(mode="json"),
        "gate": digest_of(PACKAGE, FOLDER, [f"{PACKAGE}.gate", f"{PACKAGE}.paired"]),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
