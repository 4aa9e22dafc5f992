"""The loop of a case as one table (办理流程): which verb leads from where to where, who may say it, with what, and
who is told.

Collected → dispatched → accepted → handled → fed back → verified → closed → filed (采集 派发 签收 办理 反馈 核查
办结 归档), with decline 退件, return 退回, re-dispatch 改派 and reopen 重办; extension 延期, urging 催办, supervision
督办 and its review 督办审查, pause 中止计时 and resume 恢复计时 leave the state as it is. Rows are added here, never
branches elsewhere; the diagram in ``docs/cases.md`` is drawn from it.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices


class State(TextChoices):
    """Where a case stands (案件状态), and each of its legs (派送) up to ``FED_BACK``."""

    COLLECTED = "collected", "待派发"
    DISPATCHED = "dispatched", "待签收"
    ACCEPTED = "accepted", "办理中"
    HANDLED = "handled", "待反馈"
    FED_BACK = "fed_back", "待核查"
    RETURNED = "returned", "已退回"
    VERIFIED = "verified", "待办结"
    CLOSED = "closed", "已办结"
    FILED = "filed", "已归档"


class Verb(TextChoices):
    """What can be done to a case (动作)."""

    COLLECT = "collect", "采集"
    DISPATCH = "dispatch", "派发"
    REDISPATCH = "redispatch", "改派"
    DECLINE = "decline", "退件"
    ACCEPT = "accept", "签收"
    HANDLE = "handle", "办理"
    FEED_BACK = "feed_back", "反馈"
    RETURN = "return", "退回"
    VERIFY = "verify", "核查通过"
    CLOSE = "close", "办结"
    FILE = "file", "归档"
    REOPEN = "reopen", "重办"
    ASK_EXTENSION = "ask_extension", "申请延期"
    GRANT_EXTENSION = "grant_extension", "同意延期"
    REFUSE_EXTENSION = "refuse_extension", "不同意延期"
    PAUSE = "pause", "中止计时"
    RESUME = "resume", "恢复计时"
    EXPLAIN = "explain", "逾期说明"
    URGE = "urge", "催办"
    SUPERVISE = "supervise", "督办"
    ANSWER_SUPERVISION = "answer", "督办回复"
    REVIEW_SUPERVISION = "review", "督办审查"
    GRADE = "grade", "定级"
    NOTE = "note", "补充"


class Audience(StrEnum):
    """Who is told of a step (告知对象); who did it is not told."""

    CITY = "city"  # the city's regulators
    HANDLERS = "handlers"  # the bodies that have the case: the county, and the enforcement team beside it
    ASSIGNEE = "assignee"  # who accepted it
    FORMER = "former"  # the county that had it before
    LEADER = "leader"  # the leader whose supervision it is
    ASKER = "asker"  # who asked for the extension


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    ``verb`` leads from any of ``sources`` to ``target`` (None: the state stays). ``right`` is who may say it,
    ``fields`` what must be filled in, ``tells`` who hears of it. ``by_leg``: county and enforcement team each say it of
    their own leg, and ``sources`` are states of that leg. ``onward``: a case in ``sources`` waits for it.
    """

    verb: Verb
    sources: frozenset[State]
    target: State | None
    right: str
    fields: tuple[str, ...] = ()
    tells: tuple[Audience, ...] = ()
    by_leg: bool = False
    onward: bool = False


def _states(*states: State) -> frozenset[State]:
    return frozenset(states)


# States of a leg in which its body has work to do.
WORKING = _states(State.ACCEPTED, State.HANDLED, State.RETURNED)
# Sent, and not reported on yet.
OUT = WORKING | {State.DISPATCHED}
_LIVE = OUT | {State.FED_BACK}

_TABLE = (
    Transition(Verb.DISPATCH, _states(State.COLLECTED), State.DISPATCHED, "case.dispatch", ("to",),
               (Audience.HANDLERS,), onward=True),
    Transition(Verb.REDISPATCH, OUT, State.DISPATCHED, "case.dispatch", ("to",),
               (Audience.HANDLERS, Audience.FORMER)),
    Transition(Verb.DECLINE, _states(State.DISPATCHED), State.COLLECTED, "case.accept", ("reason",),
               (Audience.CITY,), by_leg=True),
    Transition(Verb.ACCEPT, _states(State.DISPATCHED), State.ACCEPTED, "case.accept", by_leg=True, onward=True),
    Transition(Verb.HANDLE, WORKING, State.HANDLED, "case.handle", ("note",), by_leg=True, onward=True),
    Transition(Verb.FEED_BACK, _states(State.ACCEPTED, State.HANDLED), State.FED_BACK, "case.feed_back",
               ("result", "outcome"), (Audience.CITY,), by_leg=True, onward=True),
    Transition(Verb.RETURN, _states(State.FED_BACK), State.RETURNED, "case.return", ("reason",),
               (Audience.HANDLERS, Audience.ASSIGNEE)),
    Transition(Verb.VERIFY, _states(State.FED_BACK), State.VERIFIED, "case.verify", (), (Audience.HANDLERS,),
               onward=True),
    Transition(Verb.CLOSE, _states(State.VERIFIED), State.CLOSED, "case.close", onward=True),
    Transition(Verb.FILE, _states(State.CLOSED), State.FILED, "case.close"),
    Transition(Verb.REOPEN, _states(State.VERIFIED, State.CLOSED, State.FILED), State.DISPATCHED, "case.reopen",
               ("reason",), (Audience.HANDLERS, Audience.ASSIGNEE)),
    Transition(Verb.ASK_EXTENSION, WORKING, None, "case.handle", ("until", "reason"), (Audience.CITY,), by_leg=True),
    Transition(Verb.GRANT_EXTENSION, OUT, None, "case.extend", (), (Audience.ASKER, Audience.HANDLERS)),
    Transition(Verb.REFUSE_EXTENSION, OUT, None, "case.extend", ("reason",), (Audience.ASKER,)),
    Transition(Verb.PAUSE, OUT, None, "case.extend", ("reason",), (Audience.HANDLERS, Audience.ASSIGNEE)),
    Transition(Verb.RESUME, OUT, None, "case.extend", (), (Audience.HANDLERS, Audience.ASSIGNEE)),
    Transition(Verb.EXPLAIN, _LIVE, None, "case.handle", ("reason",), (Audience.CITY,), by_leg=True),
    Transition(Verb.URGE, OUT, None, "case.supervise", (), (Audience.HANDLERS, Audience.ASSIGNEE)),
    Transition(Verb.SUPERVISE, _LIVE, None, "case.supervise", ("level", "reason"),
               (Audience.HANDLERS, Audience.ASSIGNEE, Audience.LEADER)),
    Transition(Verb.ANSWER_SUPERVISION, _LIVE | {State.VERIFIED}, None, "case.handle", ("reply",),
               (Audience.CITY, Audience.LEADER), by_leg=True),
    Transition(Verb.REVIEW_SUPERVISION, _LIVE | {State.VERIFIED, State.CLOSED, State.FILED}, None, "case.supervise",
               ("decision",), (Audience.HANDLERS, Audience.ASSIGNEE, Audience.LEADER)),
    Transition(Verb.GRADE, _LIVE | {State.COLLECTED}, None, "case.supervise", ("level",), (Audience.HANDLERS,)),
)  # fmt: skip
TRANSITIONS: dict[Verb, Transition] = {row.verb: row for row in _TABLE}

# Who leads the cases of an origin besides the city's own desk (牵头): origin → right. The hotline leads complaints.
LEADS: dict[str, str] = {"complaint": "complaint.lead"}
# What leading means: the city's verbs, but for pressing by supervision and grading, which stay the regulators'.
LED: frozenset[Verb] = frozenset(
    {
        Verb.DISPATCH, Verb.REDISPATCH, Verb.RETURN, Verb.VERIFY, Verb.CLOSE, Verb.FILE, Verb.REOPEN,
        Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION, Verb.PAUSE, Verb.RESUME, Verb.URGE,
    }
)  # fmt: skip

ENDED_STATES = (State.CLOSED, State.FILED)
OPEN_STATES = tuple(state for state in State if state not in ENDED_STATES)
LEG_STATES = (State.DISPATCHED, State.ACCEPTED, State.HANDLED, State.RETURNED, State.FED_BACK)


def rights_for(verb: Verb, origin: str) -> tuple[str, ...]:
    """The rights of which any lets somebody say ``verb`` to a case of this ``origin``."""
    own = TRANSITIONS[verb].right
    return (own, LEADS[origin]) if verb in LED and origin in LEADS else (own,)


def verbs_from(state: State, *, by_leg: bool | None = None) -> list[Verb]:
    """What can be done to a case (``by_leg``: only to one leg, or only to the whole) in ``state``, in table order."""
    return [row.verb for row in _TABLE if state in row.sources and by_leg in (None, row.by_leg)]
