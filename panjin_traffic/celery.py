"""The Celery application: shard workers carry positions, the default worker everything else."""

import os

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
os.environ.setdefault("DATABASE_ROLE", "ingest")

app = Celery("panjin_traffic")
app.set_default()  # for every thread: the gateway publishes from one of its own
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["datacenter", "taxi", "complaints"])


@task_prerun.connect
def _fresh_connections(**_: object) -> None:
    """Connections outlive a task; one that is too old, or that the last task broke, does not."""
    close_old_connections()


@app.on_after_finalize.connect
def _schedule(sender: Celery, **_: object) -> None:
    from panjin_traffic.schedule import SCHEDULE

    sender.conf.beat_schedule = SCHEDULE
