"""``manage.py up``: the whole house on one machine, until Ctrl-C (整套系统一键启动)."""

import os
import time
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from datacenter.ingest import layout
from panjin_traffic.servers import PortBusy, ServerError, environment
from panjin_traffic.servers.processes import port_is_free
from panjin_traffic.supervisor import ChildSpec, Printer, Supervisor
from panjin_traffic.supervisor.house import END_S, House, missing, processes, shards_wanted
from panjin_traffic.supervisor.servers_watch import ServersWatch

FLEET = 11_268
"""Vehicles that the bureau of the demo city watches."""


class Command(BaseCommand):
    """Servers, migrations, demo city, every process, a simulated fleet; ended by Ctrl-C within ten seconds."""

    help = "Run the whole system on this machine: servers, all processes and a simulated fleet, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--vehicles", type=int, default=FLEET, help="size of the simulated fleet (%(default)s)")
        parser.add_argument("--interval", type=float, default=10.0, help="seconds between two positions (%(default)s)")
        parser.add_argument("--no-simulator", action="store_true", help="start no simulated fleet")
        parser.add_argument(
            "--no-demo",
            action="store_true",
            help="fill in neither demo city (empty registry) nor its half year of cases",
        )
        parser.add_argument("--host", default=settings.BIND_HOST, help="listen on this address (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        fleet = None if options["no_simulator"] else options["vehicles"]
        if fleet is not None and (fleet < 1 or options["interval"] <= 0):
            raise CommandError("--vehicles and --interval must be above zero; use --no-simulator for no fleet")
        house = House(
            bind_host=options["host"],
            web_port=settings.WEB_PORT,
            terminal_port=settings.TERMINAL_PORT,
            media_port=settings.MEDIA_PORT,
            shards=settings.INGEST_SHARDS,
            gateways=settings.GATEWAYS,
            var_directory=settings.VAR_DIR,
            vehicles=fleet,
            interval_s=options["interval"],
            known_as=next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost"),
        )
        printer = Printer()
        try:
            self._check_ports(house)
            house = replace(house, shards=self._prepare(printer, demo=not options["no_demo"]))
        except ServerError as fault:
            raise CommandError(str(fault)) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None  # before anything was started; the lease is given back on the way out
        lease = environment.held
        supervisor = Supervisor(
            processes(house),
            ready=lambda: missing(house),
            announce=lambda: self._announce(house, printer),
            follow=lambda: _as_wanted(house),
            watch=ServersWatch(lease, printer.line) if lease else None,
            printer=printer,
            end_s=END_S,
        )
        began = time.monotonic()
        supervisor.run()
        if lease is not None:
            lease.close(patience_s=2.5)
        printer.line("up", f"everything has ended after {_span(time.monotonic() - began)}")

    def _check_ports(self, house: House) -> None:
        """Says now which port is taken, instead of a child dying again and again."""
        ports = {"WEB_PORT": house.web_port, "TERMINAL_PORT": house.terminal_port, "MEDIA_PORT": house.media_port}
        for setting, port in ports.items():
            if not port_is_free(port, house.bind_host):
                raise PortBusy(port, setting)

    def _prepare(self, printer: Printer, demo: bool) -> int:
        """Brings the database to this version's shape and, where the registry is empty, fills in the demo city.

        Gives the number of shards, which the database knows from then on.
        """
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise wants it, though finders serve the files
        printer.line("up", "the database is brought up to date …")
        call_command("migrate", interactive=False, verbosity=0)
        vehicle = apps.get_model("datacenter", "Vehicle")
        if demo and not vehicle._default_manager.exists():
            printer.line("up", "the registry is empty: the demo city moves in …")
            call_command("demo_city")
        if demo and self._is_demo():
            printer.line("up", "the demo city gets half a year of cases, unless it has some …")
            call_command("demo_history")
            call_command("enter_knowledge")
        shards = layout.establish() and layout.prepared()
        connections.close_all()
        os.environ.pop("DATABASE_ROLE", None)  # each child gets its own
        return shards

    def _is_demo(self) -> bool:
        """Whether the demo's first account is here; a city of one's own never gets a made-up past."""
        from datacenter.accounts.demo import DEMO_ACCOUNTS

        return bool(apps.get_model("datacenter", "User")._default_manager.filter(username=DEMO_ACCOUNTS[0][0]).exists())

    def _announce(self, house: House, printer: Printer) -> None:
        """Tells whoever started this where to go and as whom."""
        from datacenter.accounts.demo import DEMO_ACCOUNTS

        printer.line("up", "")
        printer.line("up", f"ready: {house.address}   terminals on port {house.terminal_port}   Ctrl-C ends it")
        if self._is_demo():
            for username, password, who in DEMO_ACCOUNTS:
                printer.line("up", f"    {username:<16} {password:<20} {who}")
        connections.close_all()
        printer.line("up", "")


def _as_wanted(house: House) -> list[ChildSpec] | None:
    """The processes with as many shard workers as the layout asks for."""
    shards = shards_wanted(house)
    return processes(replace(house, shards=shards)) if shards else None


def _span(seconds: float) -> str:
    """A duration as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
