"""Doubtful pairs of records in Airflow: one task a pair that waits for a person and writes down what was decided.

Only the numbers of the two lines pass through XCom. What a person sees is read when the task asks, and Airflow keeps
it: by default names and addresses show only the characters in which they differ (``matching.airflow_shows``).
"""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param

from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.adapters.warehouse import Warehouse

log = logging.getLogger("churn")

SAME, DIFFERENT = "Same person 同一人", "Different persons 不同人"
SKIP = "Skip 暂不决定"
DECISIONS: dict[str, Literal["same", "different"]] = {
    SAME: "same",
    DIFFERENT: "different",
}
# then the pair is skipped, and offered again by the next run
ANSWER_WITHIN = timedelta(days=5)


def open_pairs() -> list[list[str]]:
    """The open pairs that are most probably one person, as many as one run offers; line numbers and nothing else."""
    from contextlib import closing

    settings = load_settings()
    most = settings.matching.offered_at_once
    with closing(_warehouse()) as warehouse:
        pairs = warehouse.review_pairs(state="open", limit=most)
    return [[pair["customer_id_a"], pair["customer_id_b"]] for pair in pairs]


class ReviewOperator(HITLOperator):
    """Shows one pair, waits, and writes the decision to the warehouse in the name of who answered.

    Args:
        pair: the numbers of the two lines.
    """

    template_fields = (*HITLOperator.template_fields, "pair")

    def __init__(self, *, pair: list[str], **arguments: Any) -> None:
        why = Param(
            "",
            type="string",
            title="Reason 理由",
            description="No names, no numbers of people.",
        )
        super().__init__(
            subject="Are these two records one person? 这两条记录是否为同一人？",
            options=[SAME, DIFFERENT, SKIP],
            defaults=[SKIP],
            params={"why": why},
            response_timeout=ANSWER_WITHIN,
            **arguments,
        )
        self.pair = pair

    def execute(self, context: Any) -> Any:
        """Read the pair, unless it has been decided elsewhere meanwhile, and wait."""
        from contextlib import closing

        from churn_tasks.integrate.matching.side_by_side import markdown

        with closing(_warehouse()) as warehouse:
            queued = warehouse.review_pairs(pair=self._numbers())
        if not queued or queued[0]["state"] != "open":
            log.info("the pair is decided already")
            return None
        shows = load_settings().matching.airflow_shows
        self.body = markdown(queued[0], show_records=shows == "records")
        return super().execute(context)

    def _numbers(self) -> tuple[str, str]:
        first, second = self.pair
        return first, second

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, str]:
        """Write down what was chosen.

        Returns:
            The choice, for XCom; neither the reason nor who gave it, which stand in the warehouse.
        """
        from contextlib import closing

        answer = super().execute_complete(context, event)
        decision = DECISIONS.get(answer["chosen_options"][0])
        if decision is None:
            return {"decision": "skip"}
        user = answer["responded_by_user"] or {}
        who = str(user.get("name") or user.get("id") or "somebody in Airflow")
        why = str((answer["params_input"] or {}).get("why") or "")
        with closing(_warehouse()) as warehouse:
            warehouse.decide_pair(self._numbers(), decision, who, why)
        return {"decision": decision}


def _warehouse() -> "Warehouse":
    from churn_tasks.adapters.warehouse import Warehouse

    return Warehouse(load_settings())
