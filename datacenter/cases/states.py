"""The loop of a case as one table (办理流程): which verb leads from which state to which, and who may say it.

The full loop is collected → dispatched → accepted → handled → fed back → verified → closed → filed (采集 派发 签收 办理
反馈 核查 办结 归档), with return 退回. Rows are added here, never branches elsewhere.
"""

from dataclasses import dataclass

from django.db.models import TextChoices


class State(TextChoices):
    """Where a case stands (案件状态)."""

    COLLECTED = "collected", "待派发"
    DISPATCHED = "dispatched", "待签收"
    ACCEPTED = "accepted", "办理中"
    FED_BACK = "fed_back", "待核查"
    RETURNED = "returned", "已退回"
    VERIFIED = "verified", "待办结"
    CLOSED = "closed", "已办结"


class Verb(TextChoices):
    """What can be done to a case (动作)."""

    COLLECT = "collect", "采集"
    DISPATCH = "dispatch", "派发"
    ACCEPT = "accept", "签收"
    HANDLE = "handle", "办理"
    FEED_BACK = "feed_back", "反馈"
    VERIFY = "verify", "核查通过"
    RETURN = "return", "退回"
    CLOSE = "close", "办结"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: ``verb`` leads from any of ``sources`` to ``target``; ``right`` is who may say it."""

    verb: Verb
    sources: frozenset[State]
    target: State
    right: str


_TABLE = (
    Transition(Verb.DISPATCH, frozenset({State.COLLECTED, State.DISPATCHED}), State.DISPATCHED, "case.dispatch"),
    Transition(Verb.ACCEPT, frozenset({State.DISPATCHED}), State.ACCEPTED, "case.accept"),
    Transition(Verb.HANDLE, frozenset({State.ACCEPTED, State.RETURNED}), State.ACCEPTED, "case.handle"),
    Transition(Verb.FEED_BACK, frozenset({State.ACCEPTED}), State.FED_BACK, "case.feed_back"),
    Transition(Verb.RETURN, frozenset({State.FED_BACK}), State.RETURNED, "case.return"),
    Transition(Verb.VERIFY, frozenset({State.FED_BACK}), State.VERIFIED, "case.verify"),
    Transition(Verb.CLOSE, frozenset({State.VERIFIED}), State.CLOSED, "case.close"),
)
TRANSITIONS: dict[Verb, Transition] = {row.verb: row for row in _TABLE}

OPEN_STATES = tuple(state for state in State if state != State.CLOSED)


def verbs_from(state: State) -> list[Verb]:
    """What can be done to a case in ``state``, in the table's order."""
    return [row.verb for row in _TABLE if state in row.sources]
