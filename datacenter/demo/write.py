"""Puts stories into the tables (演示历史写入): many rows at once, in the order in which they point at one another.

Rows are written as the past has them, chained by the real loop's own hash, so that ``verify_chain`` finds them whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from datacenter.cases.chain import hash_of
from datacenter.cases.models import Case, CaseEvent, Dispatch, Extension, Supervision
from datacenter.demo.looks import Looked
from datacenter.demo.story import Story
from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.detection.models import Finding, Violation
from datacenter.screening.models import Review, ReviewItem

_BATCH = 1000

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
    added: Counter[str] = Counter()
    stories = sorted(stretch.stories, key=lambda story: story.events[0].at)
    for story, running in zip(stories, _numbers(len(stories)), strict=True):
        story.case.number = f"{timezone.localtime(story.events[0].at).year}-{running:06d}"
    _add(Case, [story.case for story in stories], added)
    for lead, found in stretch.leads:
        lead.case = found.case if found is not None else None
    _add(ElsewhereLead, [lead for lead, _ in stretch.leads], added)
    for finding, found in stretch.findings:
        finding.case = found.case if found is not None else None
    _add(Finding, [finding for finding, _ in stretch.findings], added)
    _add(ReviewItem, [looked.item for looked in stretch.looks], added)
    _add(Review, [review for looked in stretch.looks for review in looked.reviews], added)
    _add(Dispatch, [leg for story in stories for leg in story.legs], added)
    _add(Extension, [one for story in stories for one in story.extensions], added)
    _supervisions([one for story in stories for one in story.supervisions], added)
    _add(CaseEvent, list(_chained(stories)), added)
    violations = _add(Violation, list(_violations(stretch.findings)), added)
    _put_back("case_file", "opened_at", {story.case.pk: story.events[0].at for story in stories})
    _put_back("finding", "found_at", {looked.item.finding_id: looked.item.created_at for looked in stretch.looks})
    said = {id(finding): story for finding, story in stretch.findings}
    verified = {row.pk: story.verified for row in violations if (story := said[id(row.finding)]) is not None}
    _put_back("violation", "confirmed_at", {pk: at for pk, (at, _) in verified.items()})
    return added


def analyse() -> None:
    """Tell PostgreSQL's planner how much there is now."""
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


def _add(model: type[Model], rows: Sequence[Any], added: Counter[str]) -> list[Any]:
    created = model._base_manager.bulk_create(rows, batch_size=_BATCH)
    added[model._meta.model_name or ""] += len(created)
    return created


def _put_back(table: str, column: str, moments: Mapping[int, datetime]) -> None:
    """Give a column that the model stamps with the moment of writing the past's moments."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = t.at"
            f" FROM unnest(%s::bigint[], %s::timestamptz[]) t (id, at) WHERE {table}.id = t.id",
            [list(moments), list(moments.values())],
        )


def _numbers(count: int) -> list[int]:
    """Running numbers from the sequence that real cases draw from."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('case_number') FROM generate_series(1, %s)", [count])
        return sorted(number for (number,) in cursor.fetchall())


def _supervisions(rows: list[Supervision], added: Counter[str]) -> None:
    """Those that follow others after those they follow."""
    while rows:
        ready = [one for one in rows if one.follows is None or one.follows.pk is not None]
        rows = [one for one in rows if one.follows is not None and one.follows.pk is None]
        _add(Supervision, ready, added)


def _chained(stories: Iterable[Story]) -> Iterable[CaseEvent]:
    for story in stories:
        previous = ""
        for event in story.events:
            event.case_id = story.case.pk
            event.facts = {name: value.pk if isinstance(value, Model) else value for name, value in event.facts.items()}
            event.previous_hash = previous
            event.hash = previous = hash_of(event)
            yield event


def _violations(findings: Iterable[tuple[Finding, Story | None]]) -> Iterable[Violation]:
    for finding, story in findings:
        if story is not None and story.verified is not None:
            yield Violation(
                finding=finding,
                vehicle_id=finding.vehicle_id,
                practitioner_id=story.case.practitioner_id,
                company_id=finding.company_id,
                county_id=finding.county_id,
                confirmed_by=story.verified[1],
                revoked_at=story.revoked_at,
            )
