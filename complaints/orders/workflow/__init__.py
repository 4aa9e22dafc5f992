"""The verbs of a work order (工单办理): each one a transaction, locked and written down.

What a county handles runs as a case of the closed loop; the order follows it (``following``). The order itself is
logged, refused, answered at once or handed on; called back, and closed with its case.
"""

from complaints.orders.workflow.accepting import amend_order, answer_at_once, log_order, refuse_order, take_order
from complaints.orders.workflow.calling_back import (
    file_order,
    no_close_without_call_back,
    record_call_back,
    sampled,
    waive_call_back,
    wants_call_back,
)
from complaints.orders.workflow.checking import check_quality, drawn
from complaints.orders.workflow.companies import answer_request, ask_company, withdraw_requests
from complaints.orders.workflow.handing_on import transfer_to_company, transfer_to_county

__all__ = [
    "amend_order",
    "answer_at_once",
    "answer_request",
    "ask_company",
    "check_quality",
    "drawn",
    "file_order",
    "log_order",
    "no_close_without_call_back",
    "record_call_back",
    "refuse_order",
    "sampled",
    "take_order",
    "transfer_to_company",
    "transfer_to_county",
    "waive_call_back",
    "wants_call_back",
    "withdraw_requests",
]
