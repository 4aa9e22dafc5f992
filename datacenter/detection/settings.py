"""The limits in force (检测参数): rows with who changed them and when, read by the workers, changed in one place.

Of each detector one base (``DetectorSetting``) and rows for some vehicles, places or times (``DetectorLimit``), which
``workflow`` makes and ends.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.cases.workflow import enter_territory_of
from datacenter.detection.batch import KINDS
from datacenter.detection.catalogue import Detector, EventDetector, default_limits, detectors
from datacenter.detection.errors import LimitsRefused
from datacenter.detection.models import DetectorLimit, DetectorSetting, DetectorSettingChange, Mode
from datacenter.detection.rules import EVER, LimitRow, Rule
from datacenter.detection.world import zone_of

log = logging.getLogger(__name__)

# Positions may come late, and spans may be detected anew, so long after; older rows judge nothing any more.
_LOOK_BACK = timedelta(days=400)


def enter_detectors(**_: Any) -> None:
    """Give each detector of the catalogue its row; rows that are there keep what an officer set."""
    known = set(DetectorSetting.objects.values_list("pk", flat=True))
    DetectorSetting.objects.bulk_create(
        [
            DetectorSetting(
                code=code,
                title=detector.title,
                source=detector.source,
                source_verified=detector.source_verified,
                limits=default_limits(detector),
                enabled=detector.enabled_by_default,
                needs_screening=detector.screened_by_default,
            )
            for code, detector in detectors().items()
            if code not in known
        ],
        ignore_conflicts=True,
    )
    enter_territory_of([code for code, detector in detectors().items() if detector.territory == "registry"])


def rules_in_force() -> list[Rule]:
    """Each enabled detector of positions with its limits, as the catalogue has them; behind it what is tried."""
    settings = {row.code: row for row in DetectorSetting.objects.all()}
    rows: dict[str, list[DetectorLimit]] = defaultdict(list)
    since = timezone.now() - _LOOK_BACK
    alive = DetectorLimit.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=since))
    for row in alive.select_related("area").order_by("pk"):
        rows[row.detector].append(row)
    rules = []
    for code, detector in detectors().items():
        if isinstance(detector, EventDetector):
            continue
        setting = settings.get(code) or DetectorSetting(code=code, enabled=detector.enabled_by_default)
        if setting.enabled:
            rules += rules_of(detector, setting, limit_rows(detector, setting.limits, rows[code]))
    return rules


def rules_of(detector: Detector, setting: DetectorSetting, rows: list[LimitRow]) -> list[Rule]:
    """The rule in force, if the detector is; and the one that is only tried, if anything is."""
    base, measures = detector.parse_limits(setting.limits), detector.measures()
    rules = []
    if setting.mode == Mode.IN_FORCE:
        rules.append(Rule(detector, base, measures, tuple(row for row in rows if not row.shadow)))
    if setting.mode == Mode.SHADOW:
        rules.append(Rule(detector, base, measures, tuple(row for row in rows if not row.shadow), shadow=True))
    elif any(row.shadow for row in rows):
        rules.append(Rule(detector, base, measures, tuple(rows), shadow=True))
    return rules


def limit_rows(detector: Detector, base: dict[str, Any], rows: Iterable[DetectorLimit]) -> list[LimitRow]:
    """Rows as the engine takes them. One that its detector accepts no longer judges nothing, and says so in the log."""
    found = []
    for row in rows:
        try:
            limits = detector.parse_limits(overlaid(base, row.overrides))
        except LimitsRefused as refusal:
            log.error("limit row %d of %s is left out: %s", row.pk, row.detector, refusal.message)
            continue
        found.append(
            LimitRow(
                # A row that is only proposed has no number yet: the newest of all.
                id=row.pk or EVER,
                limits=limits,
                kind=KINDS.index(row.vehicle_kind) if row.vehicle_kind else None,
                county=int(row.county_id) if row.county_id else None,
                company=row.company_id,
                zone=zone_of(row.area) if row.area else None,
                hours=(_second(row.time_from), _second(row.time_until)) if row.time_from and row.time_until else None,
                weekdays=row.weekdays,
                valid_from=_unix(row.valid_from, 0),
                valid_until=_unix(row.valid_until, EVER),
                shadow=row.mode == Mode.SHADOW,
                source=row.source,
            )
        )
    return found


def overlaid(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """``base`` with what ``overrides`` says instead; a table by kind is overlaid entry by entry."""
    merged = dict(base)
    for name, value in overrides.items():
        under = base.get(name)
        merged[name] = {**under, **value} if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _second(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _unix(moment: datetime | None, otherwise: int) -> int:
    """The first whole second at or after ``moment``."""
    return otherwise if moment is None else -int(-moment.timestamp() // 1)


def require_city(user: Any) -> None:
    """Limits judge the whole city: ``NotAllowed`` for whoever may not change them, or sees only a part of it."""
    require(user, "detector.change")
    if scope_of(user).level != "city":
        raise NotAllowed(right="detector.change")


def screen_first(setting: DetectorSetting, *, wanted: bool, by: Any) -> DetectorSetting:
    """Let a detector's findings wait for the screening desk before they open a case, or not (先排查后立案)."""
    require_city(by)
    with transaction.atomic():
        row = DetectorSetting.objects.select_for_update().get(pk=setting.pk)
        if row.needs_screening != wanted:
            before, row.needs_screening, row.changed_by = row.needs_screening, wanted, by
            row.save()
            DetectorSettingChange.objects.create(
                setting=row, by=by, before={"needs_screening": before}, after={"needs_screening": wanted}
            )
    return row


def change_setting(
    setting: DetectorSetting,
    *,
    limits: dict[str, Any],
    enabled: bool,
    by: Any,
    source_verified: bool | None = None,
    mode: str | None = None,
) -> DetectorSetting:
    """Set a detector's limits (修改检测参数) and keep what they were. Raises ``LimitsRefused``."""
    require_city(by)
    detectors()[setting.code].parse_limits(limits)
    with transaction.atomic():
        row = DetectorSetting.objects.select_for_update().get(pk=setting.pk)
        before = _kept(row)
        row.limits, row.enabled, row.changed_by = limits, enabled, by
        if source_verified is not None:
            row.source_verified = source_verified
        if mode is not None:
            row.mode = Mode(mode)
        row.save()
        after = _kept(row)
        if after != before:
            DetectorSettingChange.objects.create(setting=row, by=by, before=before, after=after)
    return row


def _kept(row: DetectorSetting) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("limits", "enabled", "mode", "source_verified")}
