"""Every task of the kernel in one place, as Celery looks for them."""

from datacenter.ingest import tasks as ingest_tasks
from datacenter.tracks import tasks as track_tasks

__all__ = ["ingest_tasks", "track_tasks"]
