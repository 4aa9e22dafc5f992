"""``manage.py gateways``: several gateways of one machine on one port (多网关)."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from panjin_traffic.supervisor import Supervisor
from panjin_traffic.supervisor.house import END_S, House, gateways


class Command(BaseCommand):
    """Starts them, restarts who dies, ends them in order; what ``up`` does for all processes of a machine."""

    help = "Run the gateways of this machine, which share the terminals' port, until a signal."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.BIND_HOST, help="listen on this address (%(default)s)")
        parser.add_argument("--count", type=int, default=settings.GATEWAYS, help="how many here (%(default)s)")
        parser.add_argument(
            "--first",
            type=int,
            default=0,
            help="number of the first one: other machines have those below (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, least in (("count", 1), ("first", 0)):
            if options[name] < least:
                raise CommandError(f"--{name}={options[name]}: must be {least} or more")
        house = House(
            bind_host=options["host"],
            web_port=settings.WEB_PORT,
            terminal_port=settings.TERMINAL_PORT,
            shards=0,
            gateways=options["count"],
            var_directory=settings.VAR_DIR,
        )
        specs = gateways(house, {"DATABASE_ROLE": "ingest", "BIND_HOST": house.bind_host}, first=options["first"])
        Supervisor(specs, end_s=END_S).run()
