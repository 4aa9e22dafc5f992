"""``manage.py reshard``: spread the vehicles over another number of shards while positions flow (分片布局变更)."""

import time
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from datacenter.errors import DomainError
from datacenter.ingest import layout
from datacenter.ingest.batch import queue

_LOOK_S = 0.5


class Command(BaseCommand):
    help = "Says over how many shards the vehicles are spread, or changes it; nothing acknowledged is lost or doubled."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shards", type=int, nargs="?", help="the number wanted; without it the layout is only said")
        parser.add_argument(
            "--wait", type=float, default=60.0, help="seconds to wait for the workers of new shards (%(default)s)"
        )
        parser.add_argument("--no-wait", action="store_true", help="change it even where a new shard has no worker yet")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted: int | None = options["shards"]
        try:
            in_force = layout.establish()
            if wanted is None:
                self.stdout.write(f"layout {in_force.version}: {in_force.shards} shards")
                return
            layout.prepare(wanted)
            if not options["no_wait"]:
                self._wait_for_workers(range(in_force.shards, wanted), options["wait"])
            if wanted == in_force.shards and layout.prepared() == wanted:
                self.stdout.write(f"layout {in_force.version} has {wanted} shards already: nothing to do")
                return
            began = time.monotonic()
            new = layout.change(wanted)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        took_ms = (time.monotonic() - began) * 1000
        self.stdout.write(f"layout {new.version}: {new.shards} shards; shards stood still for {took_ms:.0f} ms")

    def _wait_for_workers(self, shards: range, wait_s: float) -> None:
        """Until each of ``shards`` has a worker: what its vehicles send would wait for one."""
        until = time.monotonic() + wait_s
        with redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=3) as client:
            while missing := [shard for shard in shards if not client.exists(_alive_key(shard))]:
                if time.monotonic() > until:
                    names = ", ".join(f"shard-{shard}" for shard in missing)
                    raise CommandError(
                        f"after {wait_s:g} s no worker lives for {names}: start it and try again, or use --no-wait;"
                        " the layout is as it was"
                    )
                time.sleep(_LOOK_S)


def _alive_key(shard: int) -> str:
    return f"{settings.REDIS_PREFIX}:alive:worker:{queue(shard).replace('.', '')}"
