"""Step ``score``: every customer of the cohort scored by the version that the promotion table pins for this month."""

from churn_tasks.runner.conditions import NO_MODEL, is_own_run, no_model_yet
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import deciding_month, known_months, observed_months
from churn_tasks.runner.step import Made, Read, step


@step(
    reads=(
        Read("out_promotion", deciding_month, needed=is_own_run),
        # the challenger of promotion.shadow
        Read("out_validation", deciding_month, renews=False),
        Read("cohort", needed=True),
        Read("feat_*", needed=True),
        # who has a place on the list
        Read("month_activity", observed_months),
        Read("customer_line"),
        # what earlier scores came to, for model.calibration
        Read("label", known_months, renews=False),
        Read("score_churn", known_months, renews=False),
    ),
    writes=("score_churn", "score_factor", "score_watch", "score_shadow"),
    idle=no_model_yet,
    after="score_churn",
)
def score(run: MonthRun) -> Made:
    """Write ``score_churn`` for everybody, and ``score_factor`` for those with a place on the list.

    ``score_shadow`` holds the scores of the challenger (``promotion.shadow``), where there is one.
    ``score_watch`` says how the inputs, looked at before they are scored, and the scores differ from what was learnt.

    Raises:
        BadInput: the model's files are not the recorded ones, or it needs features that are gone.
        CheckFailed: a feature is unknown for many more customers than when the model was trained, or many have a text
            of it that the model learnt in another spelling.
    """
    # here, so that walking over the steps does not import scikit-learn
    from churn_tasks.modeling.explanation import raising_factors
    from churn_tasks.modeling.frames import feature_set
    from churn_tasks.modeling.watching.finding import watch_rows
    from churn_tasks.modeling.watching.inputs import score_finding
    from churn_tasks.modeling.watching.learnt import from_json
    from churn_tasks.work.scoring import (
        is_listed,
        pinned_classifier,
        pinned_version,
        rows_to_score,
        score_rows,
    )
    from churn_tasks.work.season_scores import season_scores
    from churn_tasks.work.shadow import shadow
    from churn_tasks.work.unknown_values import refuse_unknown, unknown_features
    from churn_tasks.work.watching import watched_inputs

    version = pinned_version(run)
    if version is None:
        return Made(idle=NO_MODEL)
    offered = feature_set(run.registry.queries["features"])
    classifier = pinned_classifier(run, version, offered)
    features = offered.subset(classifier.features)
    rows = rows_to_score(run, features)
    learnt = from_json(classifier.learnt)
    findings = watched_inputs(run, learnt, rows, features)
    refuse_unknown(run, classifier, rows, features)
    scores = classifier.predict(rows.features)
    calibrated = season_scores(run, classifier, scores)
    listed = rows.rows(is_listed(run, rows, calibrated.scores))
    factors = raising_factors(classifier, listed.customers, listed.features)
    beside = shadow(run, version, offered, listed.customers)
    findings += score_finding(learnt, scores, run.settings.watch)
    unknown = unknown_features(classifier, rows)
    scored = score_rows(rows, calibrated, version, features, unknown)
    if beside:
        findings.append(beside.finding)
    written = {
        "score_churn": run.engine.write("score_churn", run.month, scored),
        "score_factor": run.engine.write("score_factor", run.month, factors),
        "score_watch": run.engine.write("score_watch", run.month, watch_rows(findings)),
    }
    if beside:
        written["score_shadow"] = run.engine.write(
            "score_shadow", run.month, beside.rows
        )
    facts = {
        "model": version.model_name,
        "version": version.version,
        "decided_in": version.decided_in,
        "calibration": calibrated.method,
        "with_unknown": int(scored["unknown_features"].notna().sum()),
    }
    return Made(written, facts)
