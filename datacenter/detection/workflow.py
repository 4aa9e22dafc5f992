"""Limits for some vehicles, places or times made and ended (判定参数行的登记与终止); the base is ``settings``' own.

A row begins and ends at least ``NOTICE`` from now: by then every worker knows of it, so that live positions are judged
as a replay of them would be. Nothing that has been judged is judged anew by other limits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from datacenter.accounts import audit
from datacenter.detection.catalogue import Detector, detectors
from datacenter.detection.errors import LimitRowEnded, LimitsRefused
from datacenter.detection.models import DetectorLimit, DetectorSetting
from datacenter.detection.rules import EVERY_DAY
from datacenter.detection.settings import overlaid, require_city

# Workers read limits anew every ten seconds.
NOTICE = timedelta(seconds=30)
# Whoever types the present minute means now.
_TYPED_IN = timedelta(minutes=2)


def check_limit(row: DetectorLimit) -> Detector:
    """The detector that accepts what ``row`` says. Raises ``LimitsRefused`` naming field, value and rule."""
    detector = detectors().get(row.detector)
    if detector is None:
        raise LimitsRefused("detector", f"没有检测规则 {row.detector}")
    if not detector.by_row:
        raise LimitsRefused("detector", f"规则 {row.detector} 由定时任务统一判定，只有基准参数")
    if not isinstance(row.overrides, dict) or not row.overrides:
        raise LimitsRefused("overrides", "至少应填写一个与基准不同的参数")
    base = DetectorSetting.objects.get(pk=row.detector).limits
    limits = overlaid(base, row.overrides)
    detector.parse_limits(limits)
    if limits == base and not any((row.vehicle_kind, row.county_id, row.company_id, row.area_id, row.replaces_id)):
        raise LimitsRefused("overrides", "参数与基准相同，不改变任何判定")
    if (row.time_from is None) != (row.time_until is None):
        raise LimitsRefused("time_until", "时段起止应同时填写")
    if row.time_from is not None and row.time_from == row.time_until:
        raise LimitsRefused("time_until", f"时段起止同为 {row.time_from:%H:%M}，应不同；全天适用则都不填")
    if not 1 <= row.weekdays <= EVERY_DAY:
        raise LimitsRefused("weekdays", "至少应选择一天")
    return detector


def add_limit(
    row: DetectorLimit, *, by: Any, replaces: DetectorLimit | None = None, request: HttpRequest | None = None
) -> DetectorLimit:
    """Enter ``row``, not stored yet, and end the one that it ``replaces`` at the moment when it begins (登记参数行).

    Raises ``LimitsRefused``, ``LimitRowEnded``.
    """
    require_city(by)
    row.replaces = replaces
    check_limit(row)
    for name, title in (("source", "依据"), ("note", "理由")):
        if not getattr(row, name).strip():
            raise LimitsRefused(name, f"请填写{title}")
    now = timezone.now()
    soonest = now + NOTICE
    if row.valid_from is not None and row.valid_from < now - _TYPED_IN:
        raise LimitsRefused("valid_from", f"生效时间 {_told(row.valid_from)} 已过，已判定的不重判")
    row.valid_from = max(row.valid_from or soonest, soonest)
    if row.valid_until is not None and row.valid_until <= row.valid_from:
        raise LimitsRefused("valid_until", f"失效时间 {_told(row.valid_until)} 应晚于生效时间 {_told(row.valid_from)}")
    row.created_by = by
    with transaction.atomic():
        if replaces is not None:
            _end(replaces, by=by, note=row.note, at=row.valid_from)
        row.save(force_insert=True)
        audit.record(
            request, "detector.limit_add", row.detector, user=by, row=row.pk, replaces=row.replaces_id,
            overrides=row.overrides, mode=row.mode,
        )  # fmt: skip
    return row


def end_limit(
    row: DetectorLimit, *, by: Any, note: str, at: datetime | None = None, request: HttpRequest | None = None
) -> DetectorLimit:
    """End a row, soon or at ``at`` (终止参数行). Raises ``LimitsRefused`` without a reason, ``LimitRowEnded``."""
    require_city(by)
    if not note.strip():
        raise LimitsRefused("note", "请填写终止理由")
    with transaction.atomic():
        soonest = timezone.now() + NOTICE
        ended = _end(row, by=by, note=note, at=max(at or soonest, soonest))
        audit.record(request, "detector.limit_end", row.detector, user=by, row=row.pk)
    return ended


def _end(row: DetectorLimit, *, by: Any, note: str, at: datetime) -> DetectorLimit:
    locked = DetectorLimit.objects.select_for_update().get(pk=row.pk)
    now = timezone.now()
    if locked.ended_at is not None or (locked.valid_until is not None and locked.valid_until <= now):
        raise LimitRowEnded(row=locked.pk, valid_until=locked.valid_until)
    # One that has not begun yet never will.
    ends = max(at, locked.valid_from)
    locked.valid_until = min(ends, locked.valid_until or ends)
    locked.ended_at, locked.ended_by, locked.end_note = now, by, note
    locked.save(update_fields=["valid_until", "ended_at", "ended_by", "end_note"])
    return locked


def _told(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%m-%d %H:%M}"
