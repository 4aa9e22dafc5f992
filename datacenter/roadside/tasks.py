"""The clock's part in roadside checks (核查单时限)."""

from celery import shared_task

from datacenter.roadside import workflow


@shared_task(name="datacenter.roadside.look_after", ignore_result=True)
def look_after() -> None:
    """Orders that nobody took in time expire; who forgot to go off duty does so, and its place is deleted."""
    workflow.expire_checks()
    workflow.end_long_duties()
