"""A neural network with hidden layers (multilayer perceptron), trained by Adam (Kingma and Ba 2015)."""

import numpy as np
from pydantic import Field
from sklearn.neural_network import MLPClassifier

from churn_tasks.core.closed import Closed
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.scaled import fitted_scaled

SEARCHED = {
    "hidden": ((8,), (16,), (32,), (16, 8)),
    "penalty": (0.1, 1.0, 10.0),
    "rounds": (20, 40, 80),
}


class Parameters(Closed):
    """What may be given."""

    hidden: tuple[int, ...] = Field(
        (16,), min_length=1, max_length=4, description="neurons of each hidden layer"
    )
    penalty: float = Field(1.0, ge=0, le=1_000, description="on large weights")
    rounds: int = Field(40, ge=1, le=1_000, description="passes over the rows")
    learning_rate: float = Field(0.003, gt=0, le=1)


class Network(MLPClassifier):
    """A network that forgets how it was trained, of which its file cannot hold everything."""

    def fit(self, numbers: np.ndarray, churned: np.ndarray) -> "Network":
        import warnings

        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            # the number of rounds is given: that is when it ends
            warnings.simplefilter("ignore", ConvergenceWarning)
            super().fit(numbers, churned.astype(int))
        del self._optimizer, self._random_state
        return self


def fit(rows: LearntRows, given: Parameters) -> Fitted:
    """Fit with the seed's first weights."""

    def network() -> Network:
        return Network(
            hidden_layer_sizes=given.hidden,
            alpha=given.penalty,
            max_iter=given.rounds,
            learning_rate_init=given.learning_rate,
            batch_size=min(500, len(rows.frame)),
            random_state=rows.seed,
        )

    return fitted_scaled(rows, network, given.model_dump())


TRUSTED = ("churn_tasks.modeling.families.neural_network.Network",)
