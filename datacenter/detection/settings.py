"""The limits in force (检测参数): rows with who changed them and when, read by the workers, changed in one place."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from datacenter.accounts.permissions import require
from datacenter.detection.catalogue import default_limits, detectors
from datacenter.detection.episodes import Rule
from datacenter.detection.models import DetectorSetting, DetectorSettingChange


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
            )
            for code, detector in detectors().items()
            if code not in known
        ],
        ignore_conflicts=True,
    )


def rules_in_force() -> list[Rule]:
    """Each enabled detector with its limits, in the catalogue's order."""
    rows = {row.code: row for row in DetectorSetting.objects.all()}
    rules = []
    for code, detector in detectors().items():
        row = rows.get(code)
        if row is None or row.enabled:
            rules.append(Rule(detector, detector.parse_limits(row.limits if row else {}), detector.measures()))
    return rules


def change_setting(
    setting: DetectorSetting, *, limits: dict[str, Any], enabled: bool, by: Any, source_verified: bool | None = None
) -> DetectorSetting:
    """Set a detector's limits (修改检测参数) and keep what they were. Raises ``LimitsRefused``."""
    require(by, "detector.change")
    detectors()[setting.code].parse_limits(limits)
    with transaction.atomic():
        row = DetectorSetting.objects.select_for_update().get(pk=setting.pk)
        before = {"limits": row.limits, "enabled": row.enabled, "source_verified": row.source_verified}
        row.limits, row.enabled, row.changed_by = limits, enabled, by
        if source_verified is not None:
            row.source_verified = source_verified
        row.save()
        after = {"limits": row.limits, "enabled": row.enabled, "source_verified": row.source_verified}
        if after != before:
            DetectorSettingChange.objects.create(setting=row, by=by, before=before, after=after)
    return row
