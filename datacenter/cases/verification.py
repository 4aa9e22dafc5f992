"""Proves that cases stand as they were written (案件防篡改核验): chains of events, last states, files on the disk, and
the anchors outside the database, which alone can tell of a tail that was cut off and of a case that is gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from django.conf import settings

from datacenter.cases.anchors.checking import Anchored, against_head, covered_by, read_anchors, what_differs
from datacenter.cases.anchors.files import Head
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
    anchors: int = 0
    anchored_on: str = ""  # the day of the newest anchor


def faults(tally: Tally, *, number: str = "", files: bool = True) -> Iterator[Fault]:
    """Every fault of every case, or of one; ``files`` reads the evidence back from the disk too."""
    anchored = read_anchors()
    tally.anchors = len(anchored.anchors)
    tally.anchored_on = anchored.anchors[-1].day if anchored.anchors else ""
    for name, what in anchored.faults:
        yield Fault(name, 0, what)
    rows = Case.objects.filter(number=number) if number else Case.objects.all()
    last = 0
    while cases := list(rows.filter(pk__gt=last).order_by("pk").only("pk", "number", "state")[:_CASES_AT_ONCE]):
        heads = anchored.between(cases[0].pk - 1 if number else last, cases[-1].pk)
        last = cases[-1].pk
        events = CaseEvent.objects.filter(case__in=cases).order_by("case_id", "sequence")
        chains = {case_id: list(chain) for case_id, chain in groupby(events, key=lambda event: event.case_id)}
        for case in cases:
            chain = chains.get(case.pk, [])
            tally.cases += 1
            tally.events += len(chain)
            head = heads.pop(case.pk, None)
            yield from _of_chain(case, chain, head, anchored)
            yield from _of_anchors(case, chain, head, anchored)
        yield from _gone(heads.values(), anchored)
        yield from _of_files(cases, chains, tally, files=files)
    if not number:
        yield from _gone(anchored.between(last, anchored.last_case).values(), anchored)
    elif not tally.cases and (head := anchored.of_number(number)):
        yield from _gone([head], anchored)


def _gone(heads: Iterable[Head], anchored: Anchored) -> Iterator[Fault]:
    for head in heads:
        by = covered_by(anchored, head.case)
        yield Fault(head.number, 0, f"is gone: it had {head.sequence} events{', first ' + by if by else ''}")


def _of_anchors(case: Case, chain: list[CaseEvent], head: Head | None, anchored: Anchored) -> Iterator[Fault]:
    if head is None:
        return
    if head.number != case.number:
        yield Fault(case.number, 0, f"was anchored under the number {head.number}")
    if against_head(head, {event.sequence: event.hash for event in chain}):
        return
    differs = what_differs(anchored, case.pk) or [(head.sequence, "is not the event that was anchored")]
    for sequence, what in differs:
        yield Fault(case.number, sequence, what)


def _of_chain(case: Case, chain: list[CaseEvent], head: Head | None, anchored: Anchored) -> Iterator[Fault]:
    if not chain:
        yield Fault(case.number, 0, "has no events")
        return
    for event in broken_links(chain):
        by = covered_by(anchored, case.pk, event.sequence) if head and event.sequence <= head.sequence else ""
        yield Fault(case.number, event.sequence, f"was changed, or the event before it{', ' + by if by else ''}")
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
