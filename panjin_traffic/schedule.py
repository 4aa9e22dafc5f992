"""The beat table: which task, how often, and why."""

from typing import Any

from django.conf import settings

SCHEDULE: dict[str, dict[str, Any]] = {
    # Partitions lie ready before the day they hold begins: no insert ever waits for one.
    # Orders to vehicles run out of time; what a terminal was silent on is sent again.
    "look-after-commands": {"task": "datacenter.commands.look_after", "schedule": 15.0, "options": {"expires": 14}},
    # Raw frames are kept for a day.
    "clear-raw-log": {"task": "datacenter.diagnosis.clear_raw_log", "schedule": 600.0, "options": {"expires": 500}},
    "make-partitions": {"task": "datacenter.tracks.make_partitions", "schedule": 3600.0},
}
# Silence is seen by watermark ticks; each shard's worker writes its own, in order with its positions.
for shard in range(settings.INGEST_SHARDS):
    SCHEDULE[f"tick-{shard}"] = {
        "task": "datacenter.ingest.tick",
        "schedule": 30.0,
        "args": [shard],
        "options": {"queue": f"shard.{shard}", "expires": 25},
    }
