"""Whether a better model goes live, put to a person in the month's run: a task that waits some hours and no more.

No answer is no: the champion stays, and the list goes out with it. The month does not ask twice; what is better is
proposed again by the next one.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param

from churn_airflow.month import month_of
from churn_tasks.core.modeling_section import Promotion
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings

log = logging.getLogger("churn")

APPROVE, KEEP = "Let it go live 批准上线", "Keep the present model 沿用原模型"


class ApprovalOperator(HITLOperator):
    """Shows the card of what the gate proposes, waits, and decides the month again once a person has agreed."""

    def __init__(self, *, terms: Promotion, **arguments: Any) -> None:
        why = Param("", type="string", title="Reason 理由")
        # in place of the DAG's, which Airflow gives on: the form asks for a reason alone
        arguments["params"] = {"why": why}
        super().__init__(
            subject="Let this model go live? 是否批准该模型上线？",
            options=[APPROVE, KEEP],
            defaults=[KEEP],
            response_timeout=timedelta(hours=terms.approval_hours),
            **arguments,
        )

    def execute(self, context: Any) -> Any:
        """Ask, where the gate proposes something."""
        version = _proposed(load_settings(), month_of(context))
        if version is None:
            log.info("the gate proposes nothing that waits for a person")
            return None
        self.body = _card(load_settings(), version)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, str]:
        """Let it go live, or leave everything as it is.

        Returns:
            The choice, for XCom; who and why stand in the warehouse.
        """
        answer = super().execute_complete(context, event)
        if answer["chosen_options"] != [APPROVE]:
            return {"decision": "keep"}
        user = answer["responded_by_user"] or {}
        who = str(user.get("name") or user.get("id") or "somebody in Airflow")
        why = str((answer["params_input"] or {}).get("why") or "approved in Airflow")
        _let_go_live(load_settings(), month_of(context), who, why)
        return {"decision": "approve"}


def _proposed(settings: Settings, month: Month) -> int | None:
    from churn_tasks.by_hand.approval import proposed

    return proposed(settings, month)


def _card(settings: Settings, version: int) -> str:
    card = settings.model_card(settings.model.name, version)
    return card.read_text(encoding="utf-8")


def _let_go_live(settings: Settings, month: Month, who: str, why: str) -> None:
    from churn_tasks.by_hand.approval import let_go_live

    let_go_live(settings, month, who, why)
