"""The clock's part in orders (指令时限)."""

from celery import shared_task

from datacenter.commands import delivery


@shared_task(name="datacenter.commands.look_after", ignore_result=True)
def look_after() -> None:
    """Orders that are out of time, or silent for too long."""
    delivery.look_after()
