"""What officers are told of instructions and roadside checks (监管指令、路面核查通知): few, so each is told at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from datacenter.accounts.models import User
from datacenter.instructions import workflow as instructions
from datacenter.instructions.models import Instruction, InstructionEvent
from datacenter.notices.audience import Audience, city, county, one, unit, users_of
from datacenter.notices.workflow import Owner, tell
from datacenter.roadside import workflow as roadside
from datacenter.roadside.models import RoadsideCheck, RoadsideEvent

_I, _R = InstructionEvent.Verb, RoadsideEvent.Verb
TO_COUNTIES = {_I.ISSUE, _I.EXTEND, _I.CLOSE, _I.WITHDRAW, _I.URGE, _I.RETURN, _I.PASS}
TO_CITY = {_I.ANSWER}
TO_TEAM = {_R.ORDER, _R.WITHDRAW}
TO_ORDERER = {_R.ACCEPT, _R.DECLINE, _R.ANSWER, _R.EXPIRE}


def register() -> None:
    """Hear of their steps."""
    if tell_of_instruction not in instructions.AFTER_STEP:
        instructions.AFTER_STEP.append(tell_of_instruction)
    if tell_of_check not in roadside.AFTER_STEP:
        roadside.AFTER_STEP.append(tell_of_check)


def tell_of_instruction(instruction: Instruction, event: InstructionEvent) -> None:
    """Counties hear what the city asks of them, the city what they answer; registering results tells nobody."""
    if event.city_only:
        return
    words = f"{event.get_verb_display()}：{instruction.title}"
    facts = {"topic": "instruction", "title": words, "body": event.note, "link": _page(instruction), "by": event.by}
    if event.verb in TO_CITY:
        tell(recipients=_users([city("instruction.issue")]), key=f"instruction-event:{event.pk}", **facts)
    if event.verb in TO_COUNTIES:
        named = [event.task.county_id] if event.task else instruction.tasks.values_list("county_id", flat=True)
        for code in named:
            tell(
                recipients=_users([county(code, "instruction.answer")]),
                key=f"instruction-event:{event.pk}:{code}",
                about=Owner(county_id=code),
                **facts,
            )


def tell_of_check(check: RoadsideCheck, event: RoadsideEvent) -> None:
    """The team hears of its order at once, who gave it of what became of it."""
    title = f"路面核查单{event.get_verb_display()}：{check.plate}"
    facts = {"topic": "roadside", "title": title, "key": f"roadside-event:{event.pk}", "by": event.by}
    if event.verb in TO_TEAM:
        team = _users([unit(check.team_id, "roadside.answer")])
        tell(recipients=team, link=reverse("my-check", args=[check.pk]), urgent=event.verb == _R.ORDER, **facts)
    if event.verb in TO_ORDERER:
        orderer = _users([one(check.ordered_by_id)])
        tell(recipients=orderer, link=reverse("case-detail", args=[check.case.number]), **facts)


def _page(instruction: Instruction) -> str:
    return reverse("instruction", args=[instruction.pk])


def _users(audiences: Iterable[Audience]) -> list[User]:
    return [user for users in users_of([str(audience) for audience in audiences]).values() for user in users]
