"""Everything that passes the service desk in a month, table by table."""

import pyarrow as pa

from churn_tasks.simulator.desk import Desk
from churn_tasks.simulator.lives import Lives
from churn_tasks.simulator.retention import month_contacts, month_porting
from churn_tasks.simulator.sales import month_offers, month_requests
from churn_tasks.simulator.state import MonthState
from churn_tasks.simulator.tickets import month_complaints, month_faults, month_surveys


def month_care(state: MonthState, lives: Lives) -> dict[str, pa.Table]:
    """Rows of the month. Answers that come later are written now with the moment at which they came."""
    desk = Desk(state)
    # all draw from the desk's one stream, in this order
    return {
        "fault_ticket": month_faults(desk),
        "cmplt_ticket": month_complaints(desk),
        "survey_ans": month_surveys(desk),
        "mkt_offer": month_offers(desk),
        "keep_contact": month_contacts(desk, lives.contacts, lives.leave_day),
        "biz_request": month_requests(desk),
        "np_request": month_porting(desk, lives),
    }
