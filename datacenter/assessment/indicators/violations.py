"""Violations on record (违规行为) against kilometres driven, vehicles online and the practitioner of them.

Only what an officer has confirmed counts; the month is that of the confirmation, so a month that is over stays as it
is. Which violations belong to the conduct of business stands in the rows of ``PointRule``; all others are safety.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Count, F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.indicators.fleet import fleets, vehicle_cell
from datacenter.assessment.models import PointRule
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.detection.models import Violation

_COLUMN = {Kind.COMPANY: "company_id", Kind.COUNTY: "vehicle__county_id", Kind.PRACTITIONER: "practitioner_id"}


def of_period(period: Period) -> QuerySet[Violation]:
    """Violations that were put on record in a period and are on it still."""
    return Violation.objects.filter(confirmed_at__gte=period.start, confirmed_at__lt=period.until, revoked_at=None)


def conduct_kinds() -> set[str]:
    """Kinds of violation that belong to the conduct of business."""
    return set(PointRule.objects.filter(axis=Axis.CONDUCT).values_list("kind_code", flat=True))


def _counts(kind: Kind, period: Period) -> dict[str, dict[bool, int]]:
    """Of each subject how many violations of conduct (True) and of safety (False); two queries for all."""

    def count() -> dict[str, dict[bool, int]]:
        conduct, found = conduct_kinds(), dict[str, dict[bool, int]]()
        rows = of_period(period).order_by().values(_COLUMN[kind], "finding__detector").annotate(n=Count("pk"))
        for row in rows:
            line = found.setdefault(str(row[_COLUMN[kind]]), {True: 0, False: 0})
            line[row["finding__detector"] in conduct] += row["n"]
        return found

    return period.once(f"violations {kind}", count)


def _by_way(kind: Kind) -> Callable[[Period], Figures]:
    def compute(period: Period) -> Figures:
        counts = _counts(kind, period)
        return {
            key: Figure(counts.get(key, {}).get(False, 0), round(line["distance_mm"] / 1e6, 2))
            for key, line in fleets(kind, period).items()
        }

    return compute


def _by_vehicles(period: Period) -> Figures:
    counts = _counts(Kind.COMPANY, period)
    return {
        key: Figure(counts.get(key, {}).get(True, 0), max(line["connected"], line["online"]))
        for key, line in fleets(Kind.COMPANY, period).items()
    }


def _of_people(period: Period) -> Figures:
    return {key: Figure(sum(line.values())) for key, line in _counts(Kind.PRACTITIONER, period).items()}


def _rows(kind: Kind, conduct: bool | None) -> Callable[[Any, str, Period], QuerySet[Violation]]:
    def rows(user: Any, key: str, period: Period) -> QuerySet[Violation]:
        found = scope_of(user).limit(of_period(period)).filter(**{_COLUMN[kind]: key})
        if conduct is not None:
            kinds = conduct_kinds()
            found = found.filter(finding__detector__in=kinds) if conduct else found.exclude(finding__detector__in=kinds)
        return found.select_related("vehicle", "finding__case").defer("finding__evidence").annotate(
            number=F("finding__case__number")
        )  # fmt: skip

    return rows


HEAD = ("确认日期", "事由", "车牌号", "发生时间", "案号")


def line(violation: Any, user: Any) -> Sequence[Cell]:
    """One violation, its vehicle and its case."""
    started = timezone.localtime(violation.finding.started_at)
    where = reverse("case-detail", args=[violation.number]) if violation.number and user.may("case.view") else ""
    return (
        Cell(f"{timezone.localtime(violation.confirmed_at):%Y-%m-%d}"), Cell(violation.finding.title),
        vehicle_cell(violation.vehicle, user), Cell(f"{started:%Y-%m-%d %H:%M}"), Cell(violation.number or "—", where),
    )  # fmt: skip


def _behind(kind: Kind, conduct: bool | None) -> Behind:
    return Behind(HEAD, _rows(kind, conduct), line)


_PER_KM = ("安全违规", "里程 km")
_ONLY = _("当月确认的违规行为；未经核查的疑似违规不计")
INDICATORS = (
    Indicator(
        "county.violations", "千公里安全违规", Axis.SAFETY, Kind.COUNTY, "起", "low", _by_way(Kind.COUNTY), _PER_KM,
        _ONLY, scale=1000, behind=_behind(Kind.COUNTY, False),
    ),
    Indicator(
        "company.violations", "千公里安全违规", Axis.SAFETY, Kind.COMPANY, "起", "low", _by_way(Kind.COMPANY), _PER_KM,
        _ONLY, scale=1000, behind=_behind(Kind.COMPANY, False),
    ),
    Indicator(
        "company.conduct", "百车经营违规", Axis.CONDUCT, Kind.COMPANY, "起", "low", _by_vehicles, ("经营违规", "车辆"),
        _ONLY, behind=_behind(Kind.COMPANY, True),
    ),
    Indicator(
        "practitioner.violations", "当月违规", Axis.SAFETY, Kind.PRACTITIONER, "起", "low", _of_people, ("违规", ""),
        _("当月确认并已确定本人驾驶的违规行为"), else_=Figure(0), behind=_behind(Kind.PRACTITIONER, None),
    ),
)  # fmt: skip
