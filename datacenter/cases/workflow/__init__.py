"""The verbs of a case (案件办理): each one a transaction, locked, recorded, announced once committed.

Nobody changes a case anywhere else. A verb looks its transition up in ``states.TRANSITIONS`` and asks for the right
that stands there, whoever calls it: page, API, phone or task.
"""

from datacenter.cases.workflow.available import available_verbs
from datacenter.cases.workflow.loop import (
    accept_case,
    close_case,
    decline_case,
    dispatch_case,
    feed_back_case,
    file_case,
    grade_case,
    hand_on_merged,
    handle_case,
    redispatch_case,
    reopen_case,
    return_case,
    verify_case,
)
from datacenter.cases.workflow.opening import (
    Subject,
    enter_rules,
    enter_rules_of,
    enter_territory_of,
    note_on_case,
    open_case,
)
from datacenter.cases.workflow.pausing import pause_case, resume_case
from datacenter.cases.workflow.pressure import (
    answer_supervision,
    ask_extension,
    explain_lateness,
    grant_extension,
    refuse_extension,
    review_supervision,
    supervise_case,
    urge_case,
)
from datacenter.cases.workflow.recording import AFTER_STEP, AFTER_VERIFY, AFTER_WARNING, BEFORE_CLOSE, SYSTEM

__all__ = [
    "AFTER_STEP",
    "AFTER_VERIFY",
    "AFTER_WARNING",
    "BEFORE_CLOSE",
    "SYSTEM",
    "Subject",
    "accept_case",
    "answer_supervision",
    "ask_extension",
    "available_verbs",
    "close_case",
    "decline_case",
    "dispatch_case",
    "enter_rules",
    "enter_rules_of",
    "enter_territory_of",
    "explain_lateness",
    "feed_back_case",
    "file_case",
    "grade_case",
    "grant_extension",
    "hand_on_merged",
    "handle_case",
    "note_on_case",
    "open_case",
    "pause_case",
    "redispatch_case",
    "refuse_extension",
    "reopen_case",
    "resume_case",
    "return_case",
    "review_supervision",
    "supervise_case",
    "urge_case",
    "verify_case",
]
