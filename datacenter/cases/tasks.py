"""The clock of cases (案件时限): one round a minute."""

from celery import shared_task

from datacenter.cases import watch, workflow


@shared_task(name="datacenter.cases.look_at_clocks")
def look_at_clocks() -> dict[str, int]:
    """Hand on what merged counties left, then warn, urge, supervise, escalate; says how many of each."""
    handed_on = workflow.hand_on_merged()
    return dict(watch.look_at_clocks()) | {"handed_on": handed_on}
