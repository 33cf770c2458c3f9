"""Step ``train``: candidates fitted on the months that were known when the tested month ended, and judged on it.

In the run of 2024-09 (observe 3, delay 1, predict 1, truth_after 1) the tested month is 2024-06: its truth has just
come in.
Candidates learn from the months whose truth was in at its as_of (up to 2024-03) and are judged on 2024-05 beside
the champion. Whether the best of them is really better is told by all months that none of them has learnt from, here
2024-04 and 2024-05 (``modeling/paired.py``).
The files that are judged are the files that may go live: nothing is fitted again.

Which columns of the catalogue they learn from is decided first, on a part of the same training rows
(``modeling/selection``); the champion is judged on the columns that it was fitted on.
"""

from churn_tasks.runner.conditions import nothing_to_test
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import (
    deciding_month_before,
    known_months,
    months_of_models,
)
from churn_tasks.runner.step import Made, Read, step

SHOWN = ("average_precision", "churn_rate", "auc")


@step(
    reads=(
        Read(
            "out_promotion",
            deciding_month_before,
            needed=True,
            otherwise="needs {table} of {months}, unless model.train_from says that training begins later",
        ),
        Read("cohort", months_of_models, needed=True),
        Read("feat_*", months_of_models, needed=True),
        Read("label", months_of_models, needed=True),
        # what earlier scores came to, for model.calibration
        Read("score_churn", known_months, renews=False),
        Read("label", known_months, renews=False),
        # of an earlier run of this month, when nothing that decides it has changed
        Read("feature_selection", renews=False),
    ),
    writes=("out_validation", "out_gate", "feature_selection"),
    idle=nothing_to_test,
    restated="never",
)
def train(run: MonthRun) -> Made:
    """Fit, judge and register the candidates of the month.

    Raises:
        CheckFailed: a single feature tells the label; no model is fitted.
    """
    # here, so that walking over the steps does not import scikit-learn and MLflow
    from churn_tasks.modeling.validation import gate_rows, validation_rows
    from churn_tasks.work.candidates import judged_models
    from churn_tasks.work.chosen_columns import FEWEST_CHURNERS
    from churn_tasks.work.registered_model import in_force
    from churn_tasks.work.training import (
        month_candidates,
        offered_features,
        too_few,
        training_window,
    )

    offered = offered_features(run)
    candidates = month_candidates(run, offered)
    champion = in_force(run, run.month - 1, offered)
    window = training_window(run, candidates, champion, offered)
    if counts := too_few(window):
        return Made(idle=f"fewer than {FEWEST_CHURNERS} leavers ({counts})")
    models = judged_models(run, window, candidates)
    rows = validation_rows(models, window.tested, window.places)
    written = {
        "out_validation": run.engine.write_rows("out_validation", run.month, rows),
        "out_gate": run.engine.write_rows("out_gate", run.month, gate_rows(models)),
        "feature_selection": run.engine.write_rows(
            "feature_selection", run.month, window.chosen.rows(window.digest)
        ),
    }
    best = next(row for row in rows if row["is_selected"])
    facts = {
        "tested_month": str(window.tested),
        "train_rows": len(window.learn),
        "columns": f"{len(window.features.columns)} of {len(window.offered.columns)}",
        "best": best["candidate"],
    }
    return Made(written, facts | {name: round(best[name], 4) for name in SHOWN})
