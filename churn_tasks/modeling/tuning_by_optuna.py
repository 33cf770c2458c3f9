"""Optuna chooses what a search tries next, from what the trials before came to (E3).

The tree-structured Parzen estimator draws values as often as the better trials have them (Bergstra et al. 2011,
Algorithms for hyper-parameter optimization). Optuna keeps nothing: it is told all finished trials anew each time and
draws by a seed of its own for each trial, so a search that was killed goes on with the very values that it would have
tried.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from churn_tasks.core.errors import SettingsError

Space = Mapping[str, Sequence[Any]]
Places = tuple[int, ...]  # of the values of a combination, in the order of the space


def proposed_place(space: Space, tried: Mapping[Places, float], seed: int) -> Places:
    """Where in the space to look next; it may have been tried already.

    Args:
        space: by parameter, the values that may be tried, in order: neighbours are alike.
        tried: average precision by place, of every trial so far.

    Raises:
        SettingsError: Optuna is not installed.
    """
    optuna = _optuna()
    sizes = {}
    for name, values in space.items():
        sizes[name] = optuna.distributions.IntDistribution(0, len(values) - 1)
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for place, precision in tried.items():
        given = dict(zip(space, place, strict=True))
        trial = optuna.trial.create_trial(
            params=given, distributions=sizes, value=precision
        )
        study.add_trial(trial)
    asked = study.ask(sizes)
    return tuple(asked.params[name] for name in space)


def _optuna() -> Any:
    """The package, told to be quiet: each trial is in our own log."""
    try:
        import optuna
    except ImportError:
        raise SettingsError(
            "model.search.kind: optuna needs the package optuna: make install brings it. Or search by random."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
