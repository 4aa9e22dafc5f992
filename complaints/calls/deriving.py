"""What a call is, from the set of its events (通话推导): in whatever order, late or twice they came.

Pure. An event's moment is the platform's; where two have the same, the kind decides and then the event's number, so
that one set always gives one call. A recording proves that somebody spoke, also where "answered" was lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from complaints.calls.models import Call, CallEvent

Kind, State = CallEvent.Kind, Call.State
_RANK = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Told:
    """One event as far as a call is made of it."""

    event_id: str
    kind: str
    at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Derived:
    """What the events say of their call."""

    state: str
    caller: str
    called: str
    rang_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    extension: str
    agent_name: str
    recording_url: str
    recording_s: int | None


def derive(events: Iterable[Told]) -> Derived:
    """The call of ``events``; there is at least one, each number counts once."""
    told = sorted({event.event_id: event for event in events}.values(), key=_place)
    of = {kind: [event for event in told if event.kind == kind] for kind in Kind}
    answered, ended, recorded = of[Kind.ANSWERED], of[Kind.HUNG_UP], of[Kind.RECORDING]
    spoken = bool(answered or recorded)
    state = (State.ENDED if spoken else State.MISSED) if ended else State.ANSWERED if spoken else State.RINGING
    # Whoever answered last has the caller; while nobody is known to have, whoever it rang at last.
    at_desks = (
        [event for event in group if event.body.get("extension")] for group in (answered, of[Kind.RINGING], told)
    )
    desk = next((group[-1].body for group in at_desks if group), {})
    return Derived(
        state=state,
        caller=_first(told, "caller"),
        called=_first(told, "called"),
        rang_at=(of[Kind.RINGING] or told)[0].at,
        answered_at=answered[0].at if answered else None,
        ended_at=ended[-1].at if ended else None,
        extension=desk.get("extension", ""),
        agent_name=desk.get("agent_name", ""),
        recording_url=recorded[-1].body["recording_url"] if recorded else "",
        recording_s=recorded[-1].body.get("recording_s") if recorded else None,
    )


def _place(event: Told) -> tuple[datetime, int, str]:
    return event.at, _RANK[Kind(event.kind)], event.event_id


def _first(told: list[Told], name: str) -> str:
    return next((event.body[name] for event in told if event.body.get(name)), "")
