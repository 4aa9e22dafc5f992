"""What the standard of a case wants as evidence, and what of it is there (取证要求)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datacenter.cases import blocks
from datacenter.cases.models import Case, EvidenceKind
from datacenter.cases.selectors import rule_for
from datacenter.detection.models import Finding
from datacenter.detection.selectors import finding_of
from datacenter.media.models import MediaFile
from datacenter.media.selectors import files_of, references

_OF_KIND = {MediaFile.Kind.IMAGE.value: EvidenceKind.PHOTO, MediaFile.Kind.VIDEO.value: EvidenceKind.CLIP}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One kind of evidence that the standard wants, and whether the reader can see some."""

    kind: EvidenceKind
    there: bool


def wanted_of(finding: Finding, industry: str, user: Any) -> list[Wanted]:
    """What the standard of the finding's kind and industry wants, in its order; empty where it names nothing."""
    standard = rule_for(industry, finding.detector)
    if standard is None or not standard.evidence:
        return []
    there = set()
    evidence = finding.evidence or {}
    if len(evidence.get("track") or []) > 1:
        there.add(EvidenceKind.TRACK)
    if references(finding, "alarm"):
        there.add(EvidenceKind.ALARM)
    kinds = files_of(finding, user).order_by().values_list("kind", flat=True).distinct()
    there |= {_OF_KIND[kind] for kind in kinds if kind in _OF_KIND}
    return [Wanted(EvidenceKind(kind), kind in there) for kind in standard.evidence]


def _of_case(case: Case, user: Any) -> dict[str, Any] | None:
    finding = finding_of(case) if user.may("finding.view") or user.may("case.view") else None
    wanted = wanted_of(finding, case.industry, user) if finding else []
    return {"wanted": wanted} if wanted else None


def register() -> None:
    """Show it on the case's page."""
    blocks.register(blocks.Block("cases/_wanted.html", _of_case))
