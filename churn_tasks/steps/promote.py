"""Step ``promote``: the gate decides whether the best candidate of the month takes the champion's place.

The decision is written to the warehouse first; MLflow's aliases only follow it, and every run puts them right again.
Nothing reads an alias: scoring takes the version that the decision names.
"""

from churn_tasks.runner.conditions import nothing_to_test
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import whole_history
from churn_tasks.runner.step import Made, Read, step

NOT_JUDGED = "no candidate was judged in this run"


@step(
    reads=(
        # of earlier months for the card of the champion
        Read("out_validation", whole_history),
        Read("out_gate", whole_history),
        Read("feature_selection", whole_history),
    ),
    writes=("out_promotion",),
    idle=nothing_to_test,
    restated="never",
)
def promote(run: MonthRun) -> Made:
    """Decide from ``out_validation``, record the decision, point the aliases at what is in force.

    What people have retired or pinned (``churn models``) goes before the gate. The files of the version in force are
    copied beside the lake. Every version that was judged gets a card.

    ``out_promotion`` is written last of all: that its row is there tells the next month that this one has decided.
    """
    # here, so that walking over the steps does not import scikit-learn
    from churn_tasks.modeling.gate import BY_GATE
    from churn_tasks.modeling.validation import CHAMPION
    from churn_tasks.work.kept_models import kept_models
    from churn_tasks.work.model_cards import write_cards
    from churn_tasks.work.promotion import (
        PROPOSED,
        decision_of_gate,
        pinned_row,
        point_aliases,
        promotion_row,
        validated_models,
        versions_judged,
        write_decision,
    )

    if not run.lake.has("out_validation", run.month):
        write_decision(run, "none", None, NOT_JUDGED)
        return Made({"out_promotion": 1}, idle=NOT_JUDGED)
    models = validated_models(run)
    decision = decision_of_gate(run, models)
    selected = decision.selected
    in_force = models[selected.name] if decision.promote else models.get(CHAMPION)
    gate = promotion_row(run, decision, in_force, models) if in_force else None
    with run.warehouse.in_turn(run.month):
        row = pinned_row(run, gate)
        if row:
            kept_models(run).keep(row.model_name, row.model_version)
            run.warehouse.record_promotion(row)
        point_aliases(run, decision)
        write_cards(run, versions_judged(models))
    is_promoted, why = decision.promote, decision.why
    if row and row.decided_by != BY_GATE:
        is_promoted, why = row.promoted, row.why
    outcome = "promoted" if is_promoted else "kept"
    if decision.waits:
        outcome = PROPOSED
    write_decision(run, outcome, selected.version, why)
    return Made(facts={"promoted": is_promoted, "why": why})
