"""Beat's work on the tracks."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from datacenter.tracks import cell_archive, follow, store
from datacenter.tracks.archive import seal


@shared_task(name="datacenter.tracks.make_partitions", ignore_result=True)
def make_partitions() -> None:
    """Make the partitions of yesterday to three days ahead: no insert ever waits for one."""
    today = timezone.localdate()
    store.make_partitions([today + timedelta(days=offset) for offset in range(-1, 4)])


@shared_task(name="datacenter.tracks.follow", ignore_result=True)
def follow_tracks() -> None:
    """Take up what ingest put by, once enough waits: where-was-it index and track quality."""
    if follow.due():
        follow.follow_all()


@shared_task(name="datacenter.tracks.seal_cells", ignore_result=True)
def seal_cells() -> None:
    """Days of the where-was-it index that are past the hot ones go to Parquet; those that need not be kept go."""
    for day in cell_archive.days_to_seal():
        cell_archive.seal(day)
    cell_archive.forget(timezone.localdate() - cell_archive.KEPT)


@shared_task(name="datacenter.tracks.seal", ignore_result=True)
def seal_tracks() -> None:
    """Days of positions past the hot ones go into the archive; what fails stays where it is and is tried again."""
    seal.seal_due()
