"""Every model of the kernel in one place, as Django looks for them; each lives in its own package."""

from datacenter.accounts.models import AuditRecord, Unit, User
from datacenter.cases.models import Case, CaseAttachment, CaseEvent, WorkflowRule
from datacenter.commands.models import Command, CommandBatch
from datacenter.detection.models import DetectorSetting, DetectorSettingChange, Finding, Violation
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent
from datacenter.facts.models import TerminalReport
from datacenter.gateway.models import RawFrame, RawLogSwitch
from datacenter.geo.models import Area, County
from datacenter.ingest.models import EngineCheckpoint, IngestShard, QuarantinedFrame, RedetectionSpan
from datacenter.media.models import MediaFile, SafetyAlarm, SafetyEventCode, SafetyTableChange, TerminalProfile
from datacenter.registry.models import (
    Certificate,
    Company,
    DriverBinding,
    Permit,
    Practitioner,
    Terminal,
    UnknownTerminal,
    Vehicle,
)

__all__ = [
    "Area",
    "AuditRecord",
    "Case",
    "CaseAttachment",
    "CaseEvent",
    "Certificate",
    "Command",
    "CommandBatch",
    "Company",
    "County",
    "DetectorSetting",
    "DetectorSettingChange",
    "DriverBinding",
    "EmergencyCall",
    "EmergencyEvent",
    "EngineCheckpoint",
    "Finding",
    "IngestShard",
    "MediaFile",
    "Permit",
    "Practitioner",
    "QuarantinedFrame",
    "RawFrame",
    "RawLogSwitch",
    "RedetectionSpan",
    "SafetyAlarm",
    "SafetyEventCode",
    "SafetyTableChange",
    "Terminal",
    "TerminalProfile",
    "TerminalReport",
    "Unit",
    "UnknownTerminal",
    "User",
    "Vehicle",
    "Violation",
    "WorkflowRule",
]
