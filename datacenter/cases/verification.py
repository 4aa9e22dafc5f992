"""Proves that cases stand as they were written (案件防篡改核验): chains of events, last states, files on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from django.conf import settings

from datacenter.cases.chain import broken_links
from datacenter.cases.models import Case, CaseAttachment, CaseEvent

_CASES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold: of which case, at which event (0: the case as a whole), and what."""

    number: str
    sequence: int
    what: str


@dataclass(slots=True)
class Tally:
    """How much has been looked at."""

    cases: int = 0
    events: int = 0
    files: int = 0


def faults(tally: Tally, *, number: str = "", files: bool = True) -> Iterator[Fault]:
    """Every fault of every case, or of one; ``files`` reads the evidence back from the disk too."""
    rows = Case.objects.filter(number=number) if number else Case.objects.all()
    last = 0
    while cases := list(rows.filter(pk__gt=last).order_by("pk").only("pk", "number", "state")[:_CASES_AT_ONCE]):
        last = cases[-1].pk
        events = CaseEvent.objects.filter(case__in=cases).order_by("case_id", "sequence")
        chains = {case_id: list(chain) for case_id, chain in groupby(events, key=lambda event: event.case_id)}
        for case in cases:
            chain = chains.get(case.pk, [])
            tally.cases += 1
            tally.events += len(chain)
            yield from _of_chain(case, chain)
        yield from _of_files(cases, chains, tally, files=files)


def _of_chain(case: Case, chain: list[CaseEvent]) -> Iterator[Fault]:
    if not chain:
        yield Fault(case.number, 0, "has no events")
        return
    for event in broken_links(chain):
        yield Fault(case.number, event.sequence, "was changed, or the event before it")
    # The chain can't tell that its own end was cut off; the case's state can.
    if chain[-1].to_state != case.state:
        yield Fault(case.number, 0, f"stands at {case.state}, its last event at {chain[-1].to_state}")


def _of_files(cases: list[Case], chains: dict[int, list[CaseEvent]], tally: Tally, *, files: bool) -> Iterator[Fault]:
    kept: dict[int, list[CaseAttachment]] = {}
    for attachment in CaseAttachment.objects.filter(event__case__in=cases).order_by("pk"):
        kept.setdefault(attachment.event_id, []).append(attachment)
    for case in cases:
        for event in chains.get(case.pk, []):
            told = sorted(file["sha256"] for file in event.facts.get("files", []))
            attachments = kept.get(event.pk, [])
            if told != sorted(attachment.sha256 for attachment in attachments):
                yield Fault(case.number, event.sequence, "its files are not those that it tells of")
            if not files:
                continue
            for attachment in attachments:
                tally.files += 1
                if (state := _state_of(attachment)) != "whole":
                    yield Fault(case.number, event.sequence, f"file {attachment.path} is {state}")


def _state_of(attachment: CaseAttachment) -> str:
    path = Path(settings.MEDIA_ROOT) / attachment.path
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "missing"
    return "whole" if digest == attachment.sha256 else "changed"
