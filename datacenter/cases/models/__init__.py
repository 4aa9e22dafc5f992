"""A case (案件) and all that hangs on it, in four files by noun."""

from datacenter.cases.models.case import Case, CaseAttachment, CaseEvent
from datacenter.cases.models.clock import Clock
from datacenter.cases.models.dispatch import Dispatch, Extension, Supervision
from datacenter.cases.models.rules import (
    CalendarDay,
    EvidenceKind,
    KeyCaseRule,
    SupervisionRule,
    TerritoryRule,
    WorkflowRule,
    known_evidence,
)

__all__ = [
    "CalendarDay",
    "Case",
    "CaseAttachment",
    "CaseEvent",
    "Clock",
    "Dispatch",
    "EvidenceKind",
    "Extension",
    "KeyCaseRule",
    "Supervision",
    "SupervisionRule",
    "TerritoryRule",
    "WorkflowRule",
    "known_evidence",
]
