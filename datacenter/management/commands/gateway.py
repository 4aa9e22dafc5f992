"""``manage.py gateway``: terminals connect here (终端接入)."""

import asyncio
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.limits import Limits
from datacenter.gateway.server import Gateway, calm_collector, end_tasks
from datacenter.ingest import layout


class Command(BaseCommand):
    help = "Accepts JT/T 808 terminals and hands their frames to the shard workers."

    def add_arguments(self, parser: CommandParser) -> None:
        limits = Limits()
        parser.add_argument("--host", default=settings.BIND_HOST)
        parser.add_argument("--port", type=int, default=settings.TERMINAL_PORT)
        parser.add_argument(
            "--name", default="", help="unique among gateways, the same after a restart; default: host name and port"
        )
        parser.add_argument(
            "--share-port",
            action="store_true",
            default=settings.GATEWAYS > 1,
            help="let other gateways of this user listen on the same port; default: where GATEWAYS is above 1",
        )
        parser.add_argument("--connections", type=int, default=limits.connections)
        parser.add_argument("--connections-per-address", type=int, default=limits.connections_per_address)
        parser.add_argument("--silence", type=float, default=limits.silence_s, help="seconds a socket may be silent")

    def handle(self, *args: Any, **options: Any) -> None:
        limits = Limits(
            connections=options["connections"],
            connections_per_address=options["connections_per_address"],
            silence_s=options["silence"],
        )
        directory = GatewayDirectory.load()
        gateway = Gateway(
            directory,
            host=options["host"],
            port=options["port"],
            name=options["name"],
            limits=limits,
            layout=layout.establish(),
            share_port=options["share_port"],
        )
        calm_collector()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(gateway, directory))


async def _serve(gateway: Gateway, directory: GatewayDirectory) -> None:
    """Run until a signal says stop; a second one ends the process at once."""
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, loop, told_to_stop)
    following = asyncio.create_task(directory.follow())
    await gateway.start()
    print(f"gateway {gateway.name} listens on {gateway.host}:{gateway.port}", flush=True)
    await told_to_stop.wait()
    await gateway.stop()
    await end_tasks([following])


def _stop(loop: asyncio.AbstractEventLoop, told_to_stop: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
    told_to_stop.set()
