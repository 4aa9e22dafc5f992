"""The clock's part in the raw log (原始报文清理)."""

from celery import shared_task

from datacenter.diagnosis import workflow


@shared_task(name="datacenter.diagnosis.clear_raw_log", ignore_result=True)
def clear_raw_log() -> None:
    """Frames are kept for a day."""
    workflow.clear_old()
