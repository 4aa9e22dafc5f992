"""The clock of cases (案件时限): one round a minute."""

from celery import shared_task

from datacenter.cases import watch


@shared_task(name="datacenter.cases.look_at_clocks")
def look_at_clocks() -> dict[str, int]:
    """Warn, urge, supervise, escalate; says how many of each."""
    return dict(watch.look_at_clocks())
