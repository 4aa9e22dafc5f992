"""The evidence of a finding on the page of the case it opened (案件页的检测依据): limit, measured, clause, track.

Registers with the cases' page when the project starts; what a figure is called and its unit come from the detector.
"""

from typing import Any

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse

from datacenter.cases import blocks
from datacenter.cases.models import Case
from datacenter.detection.catalogue import detectors
from datacenter.detection.models import DetectorSetting, Finding
from datacenter.detection.selectors import clause_is_verified, finding_of
from datacenter.detection.words import measured, readable
from datacenter.geo.models import County
from datacenter.registry.models import Vehicle


def evidence_of(case: Case, user: Any) -> dict[str, Any] | None:
    """What the detector saw, against what it judged by; None for a case that no finding opened."""
    finding = finding_of(case) if user.may("finding.view") or user.may("case.view") else None
    return None if finding is None else evidence_in(finding, case.industry)


def evidence_in(finding: Finding, industry: str) -> dict[str, Any]:
    """The same of one finding, for a vehicle of ``industry``; the screening desk shows it before there is a case."""
    track = (finding.evidence or {}).get("track") or []
    return {
        "finding": finding,
        "verified": clause_is_verified(finding.detector),
        "measures": measured(finding),
        "limits": _judged_by(finding, industry),
        "reasons": (finding.evidence or {}).get("reasons", []),
        "model": (finding.evidence or {}).get("model"),
        "superseded": finding.state == Finding.State.SUPERSEDED,
        "track": {
            "points": track,
            "from": finding.started_at.timestamp(),
            "until": finding.ended_at.timestamp(),
            "limit_kmh": _limit_kmh(finding),
        },
        "ground": ground(),
        "has_track": len(track) > 1,
    }


def _judged_by(finding: Finding, industry: str) -> list[dict[str, Any]]:
    detector, rows = detectors().get(finding.detector), []
    words = detector.words_of_limits() if detector else {}
    for name, value in finding.limits.items():
        if detector and detector.limit_words.get(name, ()) is None:  # means nothing to this detector
            continue
        title, unit = words.get(name, (name, ""))
        if isinstance(value, dict):  # by kind of vehicle: only this one's concerns the case
            if industry not in value:
                continue
            title, value = f"{title}（{Vehicle.Kind(industry).label}）", value[industry]
        rows.append(readable(title, value, unit))
    return rows


def ground() -> dict[str, str | None]:
    """The files of the base map, as ``static/js/components/basemap.js`` takes them."""
    city = County.objects.values_list("city_code", flat=True).first()
    path = f"data/basemap/{city}.json"
    try:
        counties = reverse("api-map-counties")
    except NoReverseMatch:
        counties = None
    return {"counties": counties, "basemap": static(path) if finders.find(path) else None, "roads": None}


def _limit_kmh(finding: Finding) -> float | None:
    value = finding.measures.get("limit_kmh")
    return float(value) if isinstance(value, int | float) else None


def finding_kinds() -> list[tuple[str, str]]:
    """The detectors as kinds of case, for the list's filter."""
    return list(DetectorSetting.objects.order_by("title").values_list("code", "title"))


blocks.register(blocks.Block("cases/_finding.html", evidence_of))
blocks.register_kinds(finding_kinds)
