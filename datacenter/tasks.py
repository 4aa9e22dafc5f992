"""Every task of the kernel in one place, as Celery looks for them."""

from datacenter.assessment import tasks as assessment_tasks
from datacenter.cases import tasks as case_tasks
from datacenter.cases.anchors import tasks as anchor_tasks
from datacenter.commands import tasks as command_tasks
from datacenter.detection import tasks as detection_tasks
from datacenter.diagnosis import tasks as diagnosis_tasks
from datacenter.ingest import tasks as ingest_tasks
from datacenter.media import tasks as media_tasks
from datacenter.notices import tasks as notice_tasks
from datacenter.roadside import tasks as roadside_tasks
from datacenter.statistics import tasks as statistics_tasks
from datacenter.tracks import tasks as track_tasks

__all__ = [
    "anchor_tasks",
    "assessment_tasks",
    "case_tasks",
    "command_tasks",
    "detection_tasks",
    "diagnosis_tasks",
    "ingest_tasks",
    "media_tasks",
    "notice_tasks",
    "roadside_tasks",
    "statistics_tasks",
    "track_tasks",
]
