"""The clock's part in notices (通知任务)."""

from celery import shared_task

from datacenter.notices import delivery, gathering, keeping
from datacenter.notices.models import Channel


@shared_task(name="datacenter.notices.gather", ignore_result=True)
def gather() -> None:
    """What waits to be gathered; what is left goes behind whatever waits in the queue."""
    if gathering.gather() == gathering.AT_ONCE:
        gather.delay()


@shared_task(name="datacenter.notices.deliver", ignore_result=True)
def deliver(channel: str) -> None:
    """What is due on one channel, a few seconds at a time."""
    if delivery.deliver(channel):
        deliver.delay(channel)


@shared_task(name="datacenter.notices.look_after", ignore_result=True)
def look_after() -> None:
    """What was interrupted, and what is due on every channel."""
    delivery.sweep()
    for channel in Channel.values:
        deliver(channel)


@shared_task(name="datacenter.notices.forget", ignore_result=True)
def forget() -> None:
    """Notices past the days that they are kept."""
    keeping.forget()
