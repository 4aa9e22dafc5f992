"""What the catalogue of detectors shows (检测规则目录的取数): a constant number of queries, counts inside the scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from datacenter.cases.states import State
from datacenter.detection import costs
from datacenter.detection.catalogue import Detector, detectors
from datacenter.detection.limit_words import in_words, whom
from datacenter.detection.models import DetectorLimit, DetectorSetting, Mode
from datacenter.detection.rules import SHADOW
from datacenter.detection.selectors import findings_counted_for, limits_visible_to

RECENT = timedelta(days=30)
TRIAL = timedelta(days=7)
_EXCEPTIONS = 3
# What a rule lacks to judge all that it could, by code, empty where nothing; subsystems enter theirs in ``ready()``.
REMARKS: dict[str, Callable[[], str]] = {}
# A county's word is not the last: findings count as decided once the city has verified the case.
_ON_RECORD = Q(violation__isnull=False, violation__revoked_at=None)
_DECIDED = _ON_RECORD | (Q(case__state__in=[State.VERIFIED, State.CLOSED, State.FILED]) & ~Q(case__outcome=""))


@dataclass
class Line:
    """One detector in the catalogue."""

    setting: DetectorSetting
    detector: Detector
    limits: list[str]
    rows: list[DetectorLimit] = field(default_factory=list)
    found: int = 0
    decided: int = 0
    confirmed: int = 0
    tried: int | None = None  # findings of the limits on trial, and of those in force for the same vehicles
    judged: int | None = None
    cost_us: float | None = None
    remark: str = ""

    @property
    def share(self) -> int | None:
        """Percent of the decided findings that were confirmed; None before any was."""
        return round(100 * self.confirmed / self.decided) if self.decided else None

    @property
    def exceptions(self) -> list[tuple[str, str]]:
        """Whom each row is for, and what it says, for the first few."""
        return [
            (
                whom(row) + ("（试运行）" if row in self.on_trial else ""),
                "，".join(in_words(self.detector, row.overrides)),
            )
            for row in self.rows[:_EXCEPTIONS]
        ]

    @property
    def on_trial(self) -> list[DetectorLimit]:
        """Rows that are only tried."""
        return [row for row in self.rows if row.mode == Mode.SHADOW]


def lines(user: Any, only: str | None = None) -> list[Line]:
    """Every detector, or one, with its figures inside the user's scope."""
    known, found = detectors(), []
    rows: dict[str, list[DetectorLimit]] = defaultdict(list)
    alive = Q(valid_until__isnull=True) | Q(valid_until__gt=timezone.now())
    for row in limits_visible_to(user).filter(alive):
        rows[row.detector].append(row)
    for setting in DetectorSetting.objects.filter(**({"pk": only} if only else {})).order_by("title"):
        detector = known.get(setting.pk)
        if detector is not None:
            found.append(Line(setting, detector, in_words(detector, setting.limits), rows[setting.pk]))
    _count_recent(user, found)
    _count_trials(user, found)
    spent = _costs()
    for line in found:
        code = line.detector.code
        line.cost_us = spent.get(code, spent.get(code + SHADOW))
        line.remark = REMARKS[code]() if code in REMARKS else ""
    return found


def _count_recent(user: Any, found: list[Line]) -> None:
    recent = findings_counted_for(user).filter(mode=Mode.IN_FORCE, started_at__gte=timezone.now() - RECENT)
    figures = recent.order_by().values("detector").annotate(
        found=Count("pk"), decided=Count("pk", filter=_DECIDED), confirmed=Count("violation", filter=_ON_RECORD)
    )  # fmt: skip
    by_code = {row["detector"]: row for row in figures}
    for line in found:
        row = by_code.get(line.detector.code)
        if row:
            line.found, line.decided, line.confirmed = row["found"], row["decided"], row["confirmed"]


def _count_trials(user: Any, found: list[Line]) -> None:
    """Of the vehicles that something is tried on, what it found beside what the limits in force did."""
    tried = [line for line in found if line.on_trial or line.setting.mode == Mode.SHADOW]
    wanted: dict[str, Any] = {}
    for number, line in enumerate(tried):
        of_detector = Q(detector=line.detector.code)
        wanted[f"tried_{number}"] = Count("pk", filter=of_detector & Q(mode=Mode.SHADOW))
        wanted[f"judged_{number}"] = Count("pk", filter=of_detector & Q(mode=Mode.IN_FORCE) & _concerned(line))
    if not wanted:
        return
    since = timezone.now() - TRIAL
    figures = findings_counted_for(user).filter(started_at__gte=since).order_by().aggregate(**wanted)
    for number, line in enumerate(tried):
        line.tried, line.judged = figures[f"tried_{number}"], figures[f"judged_{number}"]


def _concerned(line: Line) -> Q:
    """Findings of vehicles that any row on trial is for; as ``Rule.concerned`` has it."""
    if line.setting.mode == Mode.SHADOW:
        return Q()
    concerned = Q(pk__in=[])
    for row in line.on_trial:
        facts = {"kind": row.vehicle_kind, "county_id": row.county_id, "company_id": row.company_id}
        said = {f"vehicle__{name}": value for name, value in facts.items() if value}
        if not said:
            return Q()
        concerned |= Q(**said)
    return concerned


def _costs() -> dict[str, float]:
    try:
        return costs.read(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2))
    except redis.RedisError:
        return {}  # a figure to look at, not to depend on
