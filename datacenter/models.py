"""Every model of the kernel in one place, as Django looks for them; each lives in its own package."""

from datacenter.accounts.models import AuditRecord, Unit, User
from datacenter.cases.anchors.models import ChainAnchor
from datacenter.cases.models import (
    CalendarDay,
    Case,
    CaseAttachment,
    CaseEvent,
    Dispatch,
    Extension,
    KeyCaseRule,
    Supervision,
    SupervisionRule,
    TerritoryRule,
    WorkflowRule,
)
from datacenter.commands.models import Command, CommandBatch
from datacenter.detection.elsewhere.models import ElsewhereLead, ForeignPosition, ForeignVehicle
from datacenter.detection.models import (
    Backtest,
    DetectorLimit,
    DetectorSetting,
    DetectorSettingChange,
    DrivingSpan,
    Exemption,
    Finding,
    PlateRead,
    UntoldEvent,
    Violation,
)
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent
from datacenter.facts.models import TerminalReport
from datacenter.gateway.models import RawFrame, RawLogSwitch
from datacenter.geo.models import Area, County, Crossing, RoadSection
from datacenter.ingest.models import EngineCheckpoint, IngestShard, QuarantinedFrame, RedetectionSpan
from datacenter.instructions.models import (
    Instruction,
    InstructionEvent,
    InstructionFile,
    InstructionItem,
    InstructionTask,
)
from datacenter.media.models import MediaFile, SafetyAlarm, SafetyEventCode, SafetyTableChange, TerminalProfile
from datacenter.notices.models import Delivery, Notice, PendingMatter, Preference, QuietHours
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
from datacenter.roadside.models import Patrol, RoadsideCheck, RoadsideEvent, RoadsideSetting
from datacenter.screening.models import Review, ReviewItem, ScreeningSetting
from datacenter.statistics.models import CaseStatistic, CaseSubject, ChangedDay, OfficerStatistic
from datacenter.tracks.archive.models import ArchiveFile, TrackDay
from datacenter.tracks.models import CellArchive, TrackQuality, TrackQualityLimit

__all__ = [
    "ArchiveFile",
    "Area",
    "AuditRecord",
    "Backtest",
    "CalendarDay",
    "Case",
    "CaseAttachment",
    "CaseEvent",
    "CaseStatistic",
    "CaseSubject",
    "CellArchive",
    "Certificate",
    "ChainAnchor",
    "ChangedDay",
    "Command",
    "CommandBatch",
    "Company",
    "County",
    "Crossing",
    "Delivery",
    "DetectorLimit",
    "DetectorSetting",
    "DetectorSettingChange",
    "Dispatch",
    "DriverBinding",
    "DrivingSpan",
    "ElsewhereLead",
    "EmergencyCall",
    "EmergencyEvent",
    "EngineCheckpoint",
    "Exemption",
    "Extension",
    "Finding",
    "ForeignPosition",
    "ForeignVehicle",
    "IngestShard",
    "Instruction",
    "InstructionEvent",
    "InstructionFile",
    "InstructionItem",
    "InstructionTask",
    "KeyCaseRule",
    "MediaFile",
    "Notice",
    "OfficerStatistic",
    "Patrol",
    "PendingMatter",
    "Permit",
    "PlateRead",
    "Practitioner",
    "Preference",
    "QuarantinedFrame",
    "QuietHours",
    "RawFrame",
    "RawLogSwitch",
    "RedetectionSpan",
    "Review",
    "ReviewItem",
    "RoadSection",
    "RoadsideCheck",
    "RoadsideEvent",
    "RoadsideSetting",
    "SafetyAlarm",
    "SafetyEventCode",
    "SafetyTableChange",
    "ScreeningSetting",
    "Supervision",
    "SupervisionRule",
    "Terminal",
    "TerminalProfile",
    "TerminalReport",
    "TerritoryRule",
    "TrackDay",
    "TrackQuality",
    "TrackQualityLimit",
    "Unit",
    "UnknownTerminal",
    "UntoldEvent",
    "User",
    "Vehicle",
    "Violation",
    "WorkflowRule",
]
