"""What officers are told of cases (案件通知): each step's audiences as ``states.TRANSITIONS`` names them, as users.

What the platform does by itself, and what comes by the hundred, is gathered: the transaction that stores positions adds
rows and looks up nobody. What one officer says to another is told at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from datacenter.accounts.models import User
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case, CaseEvent, Dispatch, Supervision
from datacenter.cases.states import TRANSITIONS, Verb
from datacenter.cases.states import Audience as Tells
from datacenter.notices.audience import Audience, city, county, one, unit, users_of
from datacenter.notices.workflow import Owner, tell, tell_gathered

ACCEPTS = "case.accept"


@dataclass(frozen=True, slots=True)
class Telling:
    """How a step is told: its topic, its words behind the case's number; ``gathered``: whoever does it."""

    topic: str
    words: str = ""
    gathered: bool = False


# A verb that tells somebody and has no line here fails a test by its name.
TELLINGS: dict[Verb, Telling] = {
    Verb.DISPATCH: Telling("case.dispatched", gathered=True),
    Verb.REDISPATCH: Telling("case.dispatched", gathered=True),
    Verb.DECLINE: Telling("case.declined", gathered=True),
    Verb.FEED_BACK: Telling("case.fed_back", gathered=True),
    Verb.RETURN: Telling("case.returned", "被退回，请重新办理"),
    Verb.VERIFY: Telling("case.verified", gathered=True),
    Verb.REOPEN: Telling("case.reopened", "重办"),
    Verb.ASK_EXTENSION: Telling("case.extension", "申请延期"),
    Verb.GRANT_EXTENSION: Telling("case.extension", "延期已同意"),
    Verb.REFUSE_EXTENSION: Telling("case.extension", "延期未获同意"),
    Verb.PAUSE: Telling("case.extension", "计时已中止"),
    Verb.RESUME: Telling("case.extension", "计时已恢复"),
    Verb.EXPLAIN: Telling("case.explained", gathered=True),
    Verb.URGE: Telling("case.urged", gathered=True),
    Verb.SUPERVISE: Telling("case.supervision", "督办，请按期回复"),
    Verb.ANSWER_SUPERVISION: Telling("case.supervision", "督办已回复，待审查"),
    Verb.REVIEW_SUPERVISION: Telling("case.supervision", "督办审查"),
    Verb.GRADE: Telling("case.graded", "重新定级"),
}
# The clock urges because a leg is late.
_BY_ITSELF = {Verb.URGE: Telling("deadline.overdue", gathered=True)}
_REVIEWED = {"accept": "督办审查通过", "send_back": "督办回复被退回，请重报"}


def register() -> None:
    """Hear of every step and of every leg that turns amber."""
    if after_step not in cases.AFTER_STEP:
        cases.AFTER_STEP.append(after_step)
        cases.AFTER_WARNING.append(after_warning)


def after_step(case: Case, event: CaseEvent) -> None:
    """Tell the audiences of a step, in its transaction."""
    verb = Verb(event.verb)
    transition = TRANSITIONS.get(verb)
    if transition is None or not transition.tells:
        return
    if event.facts.get("decision") == "escalate":
        return  # the supervision of the next level, opened with it, says so
    telling = TELLINGS[verb] if event.by_id else _BY_ITSELF.get(verb, TELLINGS[verb])
    audiences = [
        audience for tells in transition.tells if tells != Tells.FORMER for audience in _who(tells, case, event)
    ]
    key = f"case:{case.pk}:{event.sequence}"
    if telling.gathered or event.by_id is None:
        _gather(case, telling.topic, audiences, key, by=event.by)
    elif people := {user.pk for users in users_of(map(str, audiences)).values() for user in users}:
        title = f"案件 {case.number} {_words(event, telling)}：{case.title}"
        tell(
            recipients=people, topic=telling.topic, title=title, body=event.note, link=address_of(case), key=key,
            by=event.by, about=_owner(case),
        )  # fmt: skip
    if Tells.FORMER in transition.tells and (former := event.facts.get("from_county")):
        _tell_former(case, former, key, event.by)


def after_warning(case: Case, leg: Dispatch) -> None:
    """Tell who has a leg that its deadline is near; once a leg, as the caller sees to."""
    _gather(case, "deadline.amber", [_body(leg), *_assignee(leg)], f"amber:{leg.pk}:{leg.due_at:%Y%m%d%H%M}", by=None)


def address_of(case: Case) -> str:
    """The case's page, spelled here: looking it up would load every page into the workers that store positions."""
    return f"/cases/{case.number}/"


def _gather(case: Case, topic: str, audiences: list[Audience], key: str, *, by: User | None) -> None:
    title = f"{case.number} {case.title}"
    audiences = list(dict.fromkeys(audiences))
    tell_gathered(audiences, topic=topic, title=title, link=address_of(case), key=key, about=_owner(case), by=by)


def _tell_former(case: Case, former: str, key: str, by: User | None) -> None:
    """The county that had it hears that it is gone; of the case itself it sees nothing any more."""
    tell_gathered(
        [county(former, ACCEPTS)], topic="case.taken_back", title=case.number, link="/cases/", key=f"{key}:former",
        about=Owner(county_id=former), by=by,
    )  # fmt: skip


def _owner(case: Case) -> Owner:
    return Owner(county_id=case.county_id, company_id=case.company_id)


def _words(event: CaseEvent, telling: Telling) -> str:
    """What happened, as a title says it."""
    level = event.facts.get("level")
    match event.verb:
        case Verb.REVIEW_SUPERVISION:
            return _REVIEWED.get(event.facts.get("decision", ""), telling.words)
        case Verb.SUPERVISE if level in Supervision.Level.values:
            return f"{Supervision.Level(level).label}{telling.words}"
        case Verb.GRADE if level in Case.Level.values:
            return f"{telling.words}为“{Case.Level(level).label}”"
        case _:
            return telling.words


def _who(tells: Tells, case: Case, event: CaseEvent) -> list[Audience]:
    """Whom one word of the table means, for this step."""
    match tells:
        case Tells.CITY:
            return [city("case.verify")]
        case Tells.HANDLERS if event.verb == Verb.DISPATCH and "team" not in event.facts:
            return [county(case.county_id, ACCEPTS)] if case.county_id else []
        case Tells.HANDLERS:
            return [_body(leg) for leg in _legs(case, event)]
        case Tells.ASSIGNEE:
            return [audience for leg in _legs(case, event) for audience in _assignee(leg)]
        case Tells.LEADER:
            return _leader(case, event)
        case _:  # who asked for an extension
            asked_by = event.facts.get("asked_by")
            return [one(asked_by)] if asked_by else []


def _legs(case: Case, event: CaseEvent) -> list[Dispatch]:
    """The live legs that a step is about: those whose bodies it names, those it has just sent, or all."""
    legs = list(
        case.legs.filter(ended_at=None).select_related("county", "unit").defer("county__boundary", "county__disputed")
    )
    facts = event.facts
    named = facts.get("bodies") or ([facts["body"]] if "body" in facts else None)
    if named:
        return [leg for leg in legs if leg.body_name in named]
    if event.verb in (Verb.DISPATCH, Verb.REDISPATCH):
        sent = max((leg.sent_at for leg in legs), default=None)
        return [leg for leg in legs if leg.sent_at == sent]
    return legs


def _body(leg: Dispatch) -> Audience:
    if leg.part == Dispatch.Part.JOINT and leg.unit_id:
        return unit(leg.unit_id, ACCEPTS)
    return county(leg.county_id or "", ACCEPTS)


def _assignee(leg: Dispatch) -> list[Audience]:
    return [one(leg.assignee_id)] if leg.assignee_id else []


def _leader(case: Case, event: CaseEvent) -> list[Audience]:
    """The leader of the supervision in question; without one the city's regulators who supervise."""
    supervisions = case.supervisions.order_by("-pk")
    if number := event.facts.get("supervision"):
        supervisions = supervisions.filter(pk=number)
    found: Supervision | None = supervisions.only("leader_id").first()
    return [one(found.leader_id)] if found and found.leader_id else [city("case.supervise")]
