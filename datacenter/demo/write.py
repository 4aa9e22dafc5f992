"""Puts stories into the tables (演示历史写入): many rows at once, in the order in which they point at one another.

Rows are written as the past has them, chained by the real loop's own hash, so that ``verify_chain`` finds them whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from datacenter.cases.chain import hash_of
from datacenter.demo.copying import copy_in, number
from datacenter.demo.looks import Looked
from datacenter.demo.story import Story
from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.detection.models import Finding, Violation

_TABLES = ("case_file", "case_event", "case_dispatch", "case_extension", "supervision", "finding", "violation",
           "review_item", "review", "elsewhere_lead")  # fmt: skip


@dataclass(slots=True)
class Stretch:
    """Some days of the past: stories in the order of their opening, and what the desk and leads hold."""

    stories: list[Story] = field(default_factory=list)
    findings: list[tuple[Finding, Story | None]] = field(default_factory=list)
    looks: list[Looked] = field(default_factory=list)
    leads: list[tuple[ElsewhereLead, Story | None]] = field(default_factory=list)


def write(stretch: Stretch) -> Counter[str]:
    """Stores a stretch; says how many rows of each kind."""
    stories = sorted(stretch.stories, key=lambda story: story.events[0].at)
    for story, running in zip(stories, _numbers(len(stories)), strict=True):
        story.case.opened_at = story.events[0].at
        story.case.number = f"{timezone.localtime(story.case.opened_at).year}-{running:06d}"
    for finding, found in stretch.findings:
        finding.case = found.case if found is not None else None
    for lead, found in stretch.leads:
        lead.case = found.case if found is not None else None
    for looked in stretch.looks:
        looked.item.finding.found_at = looked.item.created_at
    tables: list[Sequence[Any]] = [
        [story.case for story in stories],
        [finding for finding, _ in stretch.findings],
        [lead for lead, _ in stretch.leads],
        [looked.item for looked in stretch.looks],
        [review for looked in stretch.looks for review in looked.reviews],
        [leg for story in stories for leg in story.legs],
        [one for story in stories for one in story.extensions],
        [one for story in stories for one in story.supervisions],
        list(_violations(stretch.findings)),
        [event for story in stories for event in story.events],
    ]
    for rows in tables:
        number(rows)
    _chain(stories)
    for rows in tables:
        copy_in(rows)
    return Counter({rows[0]._meta.model_name: len(rows) for rows in tables if rows})


def analyse() -> None:
    """Tell PostgreSQL's planner how much there is now."""
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


def _numbers(count: int) -> list[int]:
    """Running numbers from the sequence that real cases draw from."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('case_number') FROM generate_series(1, %s)", [count])
        return sorted(number for (number,) in cursor.fetchall())


def _chain(stories: Iterable[Story]) -> None:
    """Link each story's events by the real loop's hash, once everything has its id."""
    for story in stories:
        previous = ""
        for event in story.events:
            event.case_id = story.case.pk
            event.facts = {name: value.pk if isinstance(value, Model) else value for name, value in event.facts.items()}
            event.previous_hash = previous
            event.hash = previous = hash_of(event)


def _violations(findings: Iterable[tuple[Finding, Story | None]]) -> Iterable[Violation]:
    for finding, story in findings:
        if story is not None and story.verified is not None:
            yield Violation(
                finding=finding,
                vehicle_id=finding.vehicle_id,
                practitioner_id=story.case.practitioner_id,
                company_id=finding.company_id,
                county_id=finding.county_id,
                confirmed_at=story.verified[0],
                confirmed_by=story.verified[1],
                revoked_at=story.revoked_at,
            )
