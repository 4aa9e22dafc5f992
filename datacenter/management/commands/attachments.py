"""``manage.py attachments``: terminals bring the attachments of their alarms here (报警附件服务器)."""

import asyncio
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from datacenter.media.server import AttachmentServer, Limits
from datacenter.registry.directory import TerminalDirectory


class Command(BaseCommand):
    help = "Accepts attachments of active safety alarms (T/JSATL 12) and stores them."

    def add_arguments(self, parser: CommandParser) -> None:
        limits = Limits()
        parser.add_argument("--host", default=settings.BIND_HOST)
        parser.add_argument("--port", type=int, default=settings.MEDIA_PORT)
        parser.add_argument("--connections", type=int, default=limits.connections)
        parser.add_argument("--connections-per-address", type=int, default=limits.connections_per_address)

    def handle(self, *args: Any, **options: Any) -> None:
        limits = Limits(connections=options["connections"], connections_per_address=options["connections_per_address"])
        directory = TerminalDirectory.load()
        server = AttachmentServer(directory, host=options["host"], port=options["port"], limits=limits)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(server, directory))


async def _serve(server: AttachmentServer, directory: TerminalDirectory) -> None:
    """Run until a signal says stop."""
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    following = asyncio.create_task(directory.follow())
    await server.start()
    print(f"attachment server {server.name} listens on {server.host}:{server.port}", flush=True)
    await told_to_stop.wait()
    await server.stop()
    following.cancel()
    await asyncio.wait([following], timeout=1.0)
