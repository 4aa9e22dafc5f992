"""`manage.py simulate`: real TCP terminals against any JT/T 808 server. Needs no database and starts none.

Every terminal answers orders. By themselves they report positions only, by JT/T 808; ``--taxis-905`` and ``--events``
add what a server has to know besides, and ours does.
"""

import asyncio
import json
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError

from datacenter.simulator.behaviour import troubled_first
from datacenter.simulator.feeds import DemoFeed, Feed, TrackFeed
from datacenter.simulator.fleet import FLEET_SIZE, KINDS, DemoVehicle, part_of_fleet
from datacenter.simulator.replay import PANJIN, Track, UnreadableTracks, plan_replay, read_tracks, select, shift_to
from datacenter.simulator.run import Run, Settings, allow_sockets
from datacenter.simulator.scenario import UnknownPlate, overspeed_script, vehicle_by_plate

Plan = tuple[list[DemoVehicle], Callable[[float], Feed]]


class Command(BaseCommand):
    """Simulate terminals (模拟终端)."""

    help = "Run simulated JT/T 808 terminals: the demo fleet, recorded tracks, or a scripted drive."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--vehicles", type=int, help=f"terminals (default all {FLEET_SIZE}, or one a track)")
        parser.add_argument("--kinds", default=",".join(KINDS), help="of the fleet, comma-separated")
        parser.add_argument(
            "--troubled", action="store_true", help="half of the fleet's part are vehicles with something wrong"
        )
        parser.add_argument("--interval", type=float, default=10.0, help="seconds between reports of a vehicle")
        parser.add_argument("--duration", type=float, default=0.0, help="seconds; 0: until told to stop")
        parser.add_argument("--rate", type=float, help="positions per second of all together; overrides --interval")
        parser.add_argument("--tracks", type=Path, help="CSV or Parquet: vehicle,time,lon,lat[,occupied][,speed_kmh]")
        parser.add_argument("--from", dest="from_time", type=_moment, help="of the tracks, ISO 8601 (UTC without zone)")
        parser.add_argument("--to", dest="to_time", type=_moment, help="of the tracks, exclusive")
        parser.add_argument("--max-fixes", type=int, help="only the earliest so many")
        parser.add_argument("--speedup", type=float, default=None, help="times as fast (scripts: 10; fleet: ends now)")
        parser.add_argument(
            "--as-fast-as-acknowledged", action="store_true", help="tracks: no faster than acknowledged"
        )
        parser.add_argument("--keep-times", action="store_true", help="report the recorded times; default: end now")
        parser.add_argument("--shift", action="store_true", help="move the tracks rigidly into the city")
        parser.add_argument("--shift-to", type=_place, metavar="LON,LAT", help="move their median there")
        parser.add_argument("--scenario", choices=["overspeed"], help="one scripted vehicle; needs --plate and --at")
        parser.add_argument("--plate", help="which vehicle plays the scenario")
        parser.add_argument("--at", type=_place, metavar="LON,LAT", help="near which place")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=7611)
        parser.add_argument("--timeout", type=float, default=10.0, help="seconds until a position is sent again")
        parser.add_argument("--window", type=int, default=512, help="unacknowledged frames a terminal")
        parser.add_argument("--keep", type=int, default=10_000, help="positions a terminal keeps while it can't send")
        parser.add_argument("--heartbeat", type=float, default=60.0, help="seconds")
        parser.add_argument("--connects", type=float, default=1500.0, help="new connections a second")
        parser.add_argument("--drain", type=float, default=10.0, help="seconds to wait for the last acknowledgements")
        parser.add_argument("--wait-for-all", action="store_true", help="report only when all are connected")
        parser.add_argument("--acknowledged-log", type=Path, help="append phone,device_time,serial,body of each")
        parser.add_argument(
            "--taxis-905", action="store_true", help="two taxis in five speak JT/T 905, with shifts, trips and meters"
        )
        parser.add_argument(
            "--events",
            action="store_true",
            help="besides positions: driver cards, waybills, active-safety alarms, a few emergencies a day",
        )
        parser.add_argument(
            "--press-emergency",
            action="append",
            default=[],
            metavar="PHONE",
            help="press the emergency button of this vehicle (phone or plate) once it is online; may be repeated",
        )
        parser.add_argument("--json", action="store_true", help="the report as one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            vehicles, make_feed = _plan(options)
        except (UnreadableTracks, UnknownPlate, ValueError, OSError) as error:
            raise CommandError(str(error) or type(error).__name__) from error
        settings = Settings(
            host=options["host"],
            port=options["port"],
            connects_per_s=options["connects"],
            heartbeat_s=options["heartbeat"],
            timeout_s=options["timeout"],
            window=options["window"],
            kept=options["keep"],
            drain_s=options["drain"],
            acknowledged_log=options["acknowledged_log"],
            wait_for_all=options["wait_for_all"],
            taxis_905=options["taxis_905"],
            happenings=options["events"],
            emergencies=tuple(options["press_emergency"]),
        )
        allow_sockets(len(vehicles))
        known = {name for vehicle in vehicles for name in (vehicle.plate, vehicle.phone.lstrip("0"))}
        for wanted in settings.emergencies:
            if wanted.lstrip("0") not in known:
                raise CommandError(f"no simulated vehicle has the phone or plate {wanted}")
        progress = None if options["json"] else lambda line: self.stderr.write(line)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            report = runner.run(_drive(Run(vehicles, make_feed, settings, progress)))
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else _text(report))


async def _drive(run: Run) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, run.stop)
    return await run.drive()


def _plan(options: dict[str, Any]) -> Plan:
    if options["scenario"]:
        return _scenario(options)
    if options["tracks"]:
        return _tracks(options)
    kinds = tuple(kind for kind in KINDS if kind in options["kinds"].split(","))
    vehicles = part_of_fleet(FLEET_SIZE if options["vehicles"] is None else options["vehicles"], kinds)
    if options["troubled"]:
        vehicles = troubled_first(vehicles, len(vehicles), kinds)
    if not vehicles or options["interval"] <= 0 or (options["rate"] or 1) <= 0:
        raise ValueError("--vehicles, --interval and --rate must be positive")
    if options["speedup"] and (options["rate"] or not options["duration"] or options["speedup"] < 1):
        raise ValueError("--speedup of the fleet is at least 1, needs --duration and excludes --rate")

    def feed(started_at_s: float) -> Feed:
        return DemoFeed(
            vehicles,
            interval_s=options["interval"],
            rate=options["rate"],
            duration_s=options["duration"],
            started_at_s=started_at_s,
            speedup=options["speedup"] or 1.0,
        )

    return vehicles, feed


def _tracks(options: dict[str, Any]) -> Plan:
    track = select(
        read_tracks(options["tracks"]),
        from_s=options["from_time"],
        to_s=options["to_time"],
        max_fixes=options["max_fixes"],
    )
    target = options["shift_to"] or (PANJIN if options["shift"] else None)
    if target and len(track):
        track = shift_to(track, *target)
    count = options["vehicles"] or len(set(track.vehicle.tolist()))
    return _replayed(track, part_of_fleet_in_order(count), options, options["speedup"] or 1.0)


def part_of_fleet_in_order(count: int) -> list[DemoVehicle]:
    """The first ``count`` taxis, and other vehicles after them: identities of recorded tracks."""
    return part_of_fleet(FLEET_SIZE)[:count]


def _scenario(options: dict[str, Any]) -> Plan:
    if not options["plate"] or not options["at"]:
        raise ValueError("--scenario needs --plate and --at")
    vehicle = vehicle_by_plate(options["plate"])
    lon, lat = options["at"]
    track = overspeed_script(vehicle, lon=lon, lat=lat, ends_at_s=int(time.time()))
    return _replayed(track, [vehicle], options, options["speedup"] or 10.0)


def _replayed(track: Track, vehicles: list[DemoVehicle], options: dict[str, Any], speedup: float) -> Plan:
    terminals = min(len(vehicles), max(1, len(track)))

    def feed(started_at_s: float) -> Feed:
        as_acknowledged = options["as_fast_as_acknowledged"]
        ends_at_s = None if options["keep_times"] else int(started_at_s)
        replay = plan_replay(track, terminals, ends_at_s=ends_at_s)
        if ends_at_s is not None and not as_acknowledged and not options["rate"] and len(replay):
            # By their own clock, the last fix is reported when it is due, and its time is then.
            replay = plan_replay(track, terminals, ends_at_s=ends_at_s + int(replay.due_s.max() / speedup))
        return TrackFeed(replay, speedup=speedup, rate=options["rate"], as_acknowledged=as_acknowledged)

    return vehicles[:terminals], feed


def _text(report: dict[str, Any]) -> str:
    """The report for people."""
    errors = ", ".join(f"{kind} {count}" for kind, count in report["errors"].items()) or "none"
    return (
        f"{report['vehicles']} terminals, {report['connected']} connected at the end, {report['seconds']} s\n"
        f"sent          {report['sent']:>12,}\n"
        f"acknowledged  {report['acknowledged']:>12,}   {report['positions_per_s']:,} a second\n"
        f"sent again    {report['resent']:>12,}\n"
        f"acknowledge   p50 {report['p50_ms']} ms, p99 {report['p99_ms']} ms\n"
        f"errors        {errors}\n"
        f"own CPU       {report['cpu_s']} s, {report['cpu_us_per_position']} µs a position"
    )


def _place(text: str) -> tuple[float, float]:
    lon, lat = (float(part) for part in text.split(","))
    return lon, lat


def _moment(text: str) -> int:
    when = datetime.fromisoformat(text)
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
