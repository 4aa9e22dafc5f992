"""Terminals against a platform on loopback: log in, report, lose the line, send again, lose nothing."""

import asyncio
import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt808.header import open_frame
from datacenter.simulator import frames
from datacenter.simulator.feeds import DemoFeed, TrackFeed
from datacenter.simulator.fleet import demo_fleet, part_of_fleet
from datacenter.simulator.replay import Track, plan_replay
from datacenter.simulator.run import Run, Settings
from datacenter.simulator.scenario import overspeed_script, vehicle_by_plate

from .platform808 import Platform

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def settings(platform: Platform, **changes) -> Settings:
    return Settings(port=platform.port, **({"timeout_s": 0.6, "drain_s": 4.0} | changes))


def demo_run(platform: Platform, count: int, *, rate: float, duration_s: float, **changes) -> Run:
    vehicles = part_of_fleet(count)

    def feed(started_at_s: float) -> DemoFeed:
        return DemoFeed(vehicles, interval_s=1, rate=rate, duration_s=duration_s, started_at_s=started_at_s)

    return Run(vehicles, feed, settings(platform, **changes))


def recorded(vehicles: int, fixes: int) -> Track:
    """Tracks of a fix a minute, driving east."""
    time_s = np.tile(1_700_000_000 + 60 * np.arange(fixes), vehicles)
    vehicle = np.repeat(np.arange(vehicles), fixes)
    lon = 122.0 + 0.001 * np.tile(np.arange(fixes), vehicles) + vehicle * 1e-6
    return Track(vehicle, time_s, lon, np.full(len(lon), 41.1), np.zeros(len(lon), bool))


def track_run(platform: Platform, track: Track, vehicles: int, *, speedup: float | None = None, **changes) -> Run:
    def feed(started_at_s: float) -> TrackFeed:
        replay = plan_replay(track, vehicles, ends_at_s=int(started_at_s))
        return TrackFeed(replay, speedup=speedup or 1.0, rate=None, as_acknowledged=speedup is None)

    return Run(demo_fleet()[:vehicles], feed, settings(platform, **changes))


async def test_terminals_log_in_then_report_and_every_position_is_acknowledged():
    async with Platform() as platform:
        report = await demo_run(platform, 30, rate=300, duration_s=1.0).drive()
    assert platform.messages[0x0100] == platform.messages[0x0102] == 30
    assert platform.unauthenticated == 0
    assert report["sent"] == report["acknowledged"] == len(platform.acknowledged) > 200
    assert len(set(platform.acknowledged)) == len(platform.acknowledged)
    assert (report["resent"], report["errors"], report["connected"]) == (0, {}, 30)
    assert 0 < report["p50_ms"] <= report["p99_ms"] < 600


async def test_each_terminals_device_times_go_up_even_at_a_high_rate():
    async with Platform() as platform:
        await demo_run(platform, 4, rate=200, duration_s=1.0).drive()
    times: dict[str, list[str]] = {}
    for phone, body in platform.acknowledged:
        times.setdefault(phone, []).append(body[22:28].hex())
    assert len(times) == 4
    assert all(mine == sorted(set(mine)) for mine in times.values())


async def test_what_is_not_acknowledged_is_sent_again_with_its_serial():
    async with Platform(lambda phone, message_id, count: count % 3 != 0 or count > 80) as platform:
        report = await demo_run(platform, 10, rate=100, duration_s=1.0).drive()
    assert report["resent"] > 0
    assert report["acknowledged"] == report["sent"] == len(set(platform.acknowledged))
    serials: dict[tuple[str, bytes], set[int]] = {}
    for phone, serial, body in platform.seen:
        serials.setdefault((phone, body), set()).add(serial)
    assert all(len(numbers) == 1 for numbers in serials.values())


async def test_a_killed_platform_loses_nothing_that_was_not_acknowledged():
    async with Platform(lambda phone, message_id, count: count < 150) as platform:
        run = demo_run(platform, 10, rate=200, duration_s=2.5, drain_s=10.0)
        running = asyncio.create_task(run.drive())
        await asyncio.sleep(1.0)
        await platform.stop()
        await asyncio.sleep(0.5)
        platform.heed = lambda phone, message_id, count: True
        await platform.start()
        report = await running
    sent = {(phone, body) for phone, _, body in platform.seen}
    assert sent == set(platform.acknowledged)
    assert report["sent"] == report["acknowledged"] == len(sent)
    assert report["unacknowledged"] == 0
    assert report["errors"]["disconnected"] >= 10
    assert platform.messages[0x0704] > 0, "much that is pending comes as batches"
    assert platform.messages[0x0100] == 10, "a terminal that has its code does not register again"


async def test_after_a_new_connection_the_old_positions_come_first_and_in_order():
    async with Platform(lambda phone, message_id, count: False) as platform:
        run = track_run(platform, recorded(1, 60), 1)
        running = asyncio.create_task(run.drive())
        await asyncio.sleep(0.4)
        seen = len(platform.seen)
        platform.heed = lambda phone, message_id, count: True
        platform.drop()
        report = await running
    after = [body[22:28] for _, _, body in platform.seen[seen:]]
    assert after == sorted(after)
    assert report["sent"] == report["acknowledged"] == 60


@pytest.mark.parametrize("vehicles", [3, 8])
async def test_a_replay_accounts_for_every_fix(vehicles):
    track = recorded(3, 200)
    async with Platform() as platform:
        report = await track_run(platform, track, vehicles, window=16).drive()
    assert report["sent"] == report["acknowledged"] == len(track)
    assert len(platform.seen) == len(set(platform.acknowledged)) == len(track)
    assert len({phone for phone, _ in platform.acknowledged}) == vehicles


async def test_a_replay_by_its_own_clock_takes_its_time():
    async with Platform() as platform:
        started = time.monotonic()
        report = await track_run(platform, recorded(2, 11), 2, speedup=600).drive()
    assert report["acknowledged"] == 22
    assert 0.9 < time.monotonic() - started < 3


async def test_positions_past_what_a_terminal_keeps_are_counted():
    async with Platform(lambda phone, message_id, count: False) as platform:
        run = demo_run(platform, 1, rate=100, duration_s=1.5, kept=40, window=20, drain_s=0.1, timeout_s=9)
        report = await run.drive()
    assert report["errors"]["overflow"] > 40
    assert len(platform.seen) == report["sent"] == 40
    assert report["acknowledged"] == 0


async def test_idle_terminals_send_heartbeats():
    async with Platform() as platform:
        run = demo_run(platform, 2, rate=0.001, duration_s=2.5, heartbeat_s=0.5)
        await run.drive()
    assert platform.messages[0x0002] >= 2


async def test_a_fragmented_answer_is_understood():
    async with Platform() as platform:
        run = demo_run(platform, 1, rate=1, duration_s=0.2)
        terminal = run.terminals[0]
        await run.drive()
        acknowledged = run.tally.acknowledged
        terminal.pending[0x7D7E] = (1.0, b"", 1)
        answer = bytes.fromhex("7e8001000501210000000100007d017d02020000007e")
        header = answer[1:-2].replace(b"\x7d\x01", b"\x7d").replace(b"\x7d\x02", b"\x7e")
        check = 0
        for byte in header:
            check ^= byte
        answer = answer[:-2] + bytes([check]) + b"\x7e"
        for place in range(len(answer)):
            terminal.data_received(answer[place : place + 1])
    assert run.tally.acknowledged == acknowledged + 1


async def test_the_log_names_what_was_acknowledged(tmp_path):
    log = tmp_path / "acknowledged.csv"
    async with Platform(lambda phone, message_id, count: count % 2 == 0) as platform:
        await demo_run(platform, 5, rate=50, duration_s=1.0, acknowledged_log=log, drain_s=0.2).drive()
        acknowledged = Counter((phone, body.hex()) for phone, body in platform.acknowledged)
    lines = [line.split(",") for line in log.read_text(encoding="ascii").splitlines()]
    logged = Counter((phone, body) for phone, _, _, body in lines)
    assert lines
    assert set(logged) <= set(acknowledged)
    assert max(logged.values()) == 1
    for _, device_time, _, body in lines:
        assert device_time.replace("-", "").replace(":", "").replace("T", "")[2:14] == body[44:56]


def test_the_overspeed_script_is_over_the_limit_for_minutes_near_the_place():
    vehicle = vehicle_by_plate("辽LH1234")
    track = overspeed_script(vehicle, lon=122.0662, lat=40.9925, ends_at_s=1_800_000_000)
    over = track.speed_kmh >= 60 * 1.2
    assert over.sum() * 5 >= 150
    assert track.time_s[-1] == 1_800_000_000
    assert set(np.diff(track.time_s).tolist()) == {5}
    assert abs(track.lon[0] - 122.0662) < 0.01
    assert abs(track.lat[0] - 40.9925) < 0.01
    east = np.diff(track.lon) * 83_962
    north = np.diff(track.lat) * 111_060
    mean = (track.speed_kmh[1:] + track.speed_kmh[:-1]) / 2 / 3.6 * 5
    # As the crow flies a bend is a little shorter than the road.
    assert (np.hypot(east, north) <= mean * 1.05 + 2).all()


async def test_the_command_ends_soon_when_told_and_reports_as_json():
    async with Platform() as platform:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(MANAGE), "simulate", "--vehicles", "20", "--interval", "1", "--json",
            "--port", str(platform.port), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        for _ in range(200):
            await asyncio.sleep(0.05)
            if len(platform.acknowledged) > 20:
                break
        told = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(process.communicate(), 10)
    assert time.monotonic() - told < 3
    report = json.loads(out)
    assert {"sent", "acknowledged", "resent", "p50_ms", "p99_ms", "errors", "positions_per_s", "connected"} <= set(
        report
    )
    assert report["acknowledged"] > 20
    assert report["connected"] == 20


async def test_a_button_pressed_by_command_is_reported_with_a_picture():
    async with Platform() as platform:
        vehicle = part_of_fleet(5)[3]
        run = demo_run(platform, 5, rate=25, duration_s=4.5, emergencies=(vehicle.phone.lstrip("0"),))
        report = await run.drive()
    alarmed = [phone for phone, body in platform.acknowledged if body[3] & 1]
    assert set(alarmed) == {run.terminals[3].vehicle.phone}
    assert platform.messages[0x0800] == 1
    assert platform.messages[0x0801] > 15
    assert report["sent"] == report["acknowledged"]
    assert report["errors"] == {}


def test_a_button_of_a_vehicle_that_is_not_there_cannot_be_pressed():
    with pytest.raises(CommandError, match="4711"):
        call_command("simulate", "--vehicles", "5", "--press-emergency", "4711")


async def test_orders_are_answered_by_the_fleet_too():
    async with Platform() as platform:
        run = demo_run(platform, 3, rate=30, duration_s=1.5)
        running = asyncio.create_task(run.drive())
        await asyncio.sleep(0.5)
        for session in platform._sessions:
            to = open_frame(unescape(frames.message_frame(0x0002, run.terminals[0].vehicle, 0)[1:-1]))[0]
            session.send(0x8104, to)
            break
        await running
    assert platform.messages[0x0104] == 1
