"""Photos are judged off the transaction that stored them (照片遮挡判断)."""

from celery import shared_task

from datacenter.media import judging


@shared_task(name="datacenter.media.judge_photos", ignore_result=True)
def judge_photos() -> None:
    """What waits, a second or so at a time; what is left goes behind whatever waits in the queue."""
    if judging.judge_waiting():
        judge_photos.delay()
