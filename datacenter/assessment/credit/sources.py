"""What is on record against companies, vehicles and people (信用信息来源): packages register what they can count.

A source has a ``CreditRule`` row that says how many points each thing takes. One that nobody registers is absent: a
grade says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from datacenter.assessment.models.subjects import Kind
from datacenter.detection.models import Violation

TITLES = {"violations": "违规行为", "penalties": "行政处罚", "complaints": "属实投诉"}


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of record: how many of them each subject of a kind has between two moments, in one query."""

    code: str
    title: str
    count: Callable[[Kind, datetime, datetime], Mapping[str, int]]


_SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Enter a source; from a package's ``ready()``."""
    _SOURCES[source.code] = source


def forget(code: str) -> None:
    """Take a source out again."""
    _SOURCES.pop(code, None)


def get(code: str) -> Source | None:
    """One source; None where nobody registered it."""
    return _SOURCES.get(code)


def _violations(kind: Kind, since: datetime, until: datetime) -> Mapping[str, int]:
    column = {Kind.COMPANY: "company_id", Kind.VEHICLE: "vehicle_id"}.get(kind)
    if column is None:  # a practitioner's are in the points
        return {}
    rows = (
        Violation.objects.filter(confirmed_at__gte=since, confirmed_at__lt=until, revoked_at=None)
        .order_by()
        .values(column)
    )
    return {str(row[column]): row["n"] for row in rows.annotate(n=Count("pk"))}


register(Source("violations", TITLES["violations"], _violations))
