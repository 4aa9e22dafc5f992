"""The chain of hashes over a case's events (办理记录防篡改): each carries the hash of the one before it."""

import hashlib
import json
from collections.abc import Iterable

from datacenter.cases.models import CaseEvent

_FIELDS = ("case_id", "sequence", "verb", "from_state", "to_state", "by_id", "by_name", "note", "facts")


def hash_of(event: CaseEvent) -> str:
    """SHA-256 over the event's fields in a fixed spelling, its time in UTC, and the hash before it."""
    content = {name: getattr(event, name) for name in _FIELDS}
    content["at"] = event.at.timestamp().__format__(".6f")
    content["previous"] = event.previous_hash
    spelled = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def broken_links(events: Iterable[CaseEvent]) -> list[CaseEvent]:
    """Events (of one case, in order) whose hash, number or link to the one before does not hold."""
    broken, previous, sequence = [], "", 0
    for event in events:
        sequence += 1
        if event.sequence != sequence or event.previous_hash != previous or event.hash != hash_of(event):
            broken.append(event)
            sequence = event.sequence
        previous = event.hash
    return broken
