"""How a profile's experiment is called in MLflow, and the addresses of its pages on a server."""

# else the page opens for generative AI, where runs of models are not listed
FOR_TRAINING = "workflowType=machine_learning"
# a chart for each figure, months beside each other; the table of runs has no figures before somebody picks columns
SIDE_BY_SIDE = "compareRunsMode=CHART"


def experiment_name(profile: str) -> str:
    """The experiment of a profile."""
    return f"churn_{profile}"


def runs_page(server: str, experiment_id: str) -> str:
    """The runs of an experiment, a month each, with their figures side by side.

    Args:
        server: address of the server, without a slash at its end.
    """
    return f"{server}/#/experiments/{experiment_id}/runs?{FOR_TRAINING}&{SIDE_BY_SIDE}"


def run_page(server: str, experiment_id: str, run_id: str) -> str:
    """One run with its parameters, metrics and files."""
    return f"{server}/#/experiments/{experiment_id}/runs/{run_id}?{FOR_TRAINING}"
