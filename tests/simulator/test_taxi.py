"""Taxis by JT/T 905: shifts, trips, meters, orders and pictures, over real sockets and by the real movement."""

import asyncio
import io
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import uvloop
from PIL import Image

from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt905 import messages as m
from datacenter.protocols.jt905.assembly import MediaAssembler
from datacenter.protocols.jt905.bits import Alarm, Status
from datacenter.protocols.jt905.header import open_frame
from datacenter.protocols.layout import Message
from datacenter.protocols.tlv import Tlv
from datacenter.simulator import taxi_frames
from datacenter.simulator.answering import TAXI_ANSWERS
from datacenter.simulator.feeds import DemoFeed
from datacenter.simulator.fleet import demo_fleet, meter_plate, taxi_licence
from datacenter.simulator.movement import Movement
from datacenter.simulator.people import driver_numbers, person
from datacenter.simulator.run import Run, Settings
from datacenter.simulator.shifts import (
    _COLUMNS,
    Shift,
    Shifts,
    fare_yuan,
    licence_of,
    rides_unmetered,
    rides_unrecorded,
    trips_before,
)
from datacenter.simulator.single import SimulatedTerminal
from datacenter.simulator.spot import Spot

from .centre import Centre

TAXIS = [vehicle for vehicle in demo_fleet() if vehicle.edition == "905"]
MIDNIGHT = 1_790_956_800 - 8 * 3600  # of a day in Panjin
ACC, FIXED, LOADED = 1, 2, 3 << 8


@asynccontextmanager
async def line(**facts):
    async with Centre(taxi=True, **facts) as centre, SimulatedTerminal(TAXIS[0], port=centre.port) as terminal:
        await terminal.report()
        yield centre, terminal


ORDERS: list[tuple[Message, type[Message] | int]] = [
    (m.SetParameters((Tlv(0x0001, b"\x3c"),)), 0),
    (m.ParameterQuery((1, 2)), m.ParameterAnswer),
    (m.DeviceControl(4), 0),
    (m.DeviceControl(9), 1),
    (m.LocationQuery(), m.LocationAnswer),
    (m.Tracking(0xFF, 0, 0), 0),
    (m.Text(4, "前方施工"), 0),
    (m.SetEvents.of((m.MenuEvent(1, "堵车"),)), 0),
    (m.Question(0, 77, "路况？", (m.MenuEvent(1, "畅通"), m.MenuEvent(2, "拥堵"))), 0),
    (m.CallBack(1, "04270000000"), 0),
    (m.PhoneBook.of((m.Contact(3, "04270000000", "中心"),)), 0),
    (m.VehicleControl(2, 1), m.VehicleControlAnswer),
    (m.VehicleControl(9, 1), 1),
    (m.TakePhoto(1, 0, 0, 0, 1, 5, 128, 64, 64, 128), 0),
    (m.TakePhoto(9, 1, 0, 0, 1, 5, 128, 64, 64, 128), 1),
    (m.UploadStored(0, 4711, 0), 1),
    (m.GrabResult(5), 0),
    (m.OrderCancelledByCentre(5), 0),
    (m.AlarmConfirmed(), 0),
    (m.AlarmEnded(), 0),
    (m.DeviceCommand(2, 0x0001, b"abc"), m.DeviceData),
    (m.DevicePoll((0, 2)), m.DevicePollAnswer),
]


async def test_every_order_is_answered():
    async with line() as (centre, terminal):
        for order, expected in ORDERS:
            answer, serial = await centre.ask(order, m.TerminalReply if isinstance(expected, int) else expected)
            name = type(order).__name__
            if isinstance(expected, int):
                assert (answer.ack_serial, answer.ack_id, answer.result) == (serial, order.message_id, expected), name
            elif hasattr(answer, "ack_serial"):
                assert answer.ack_serial == serial, name
        assert terminal.texts == ["前方施工"]


def test_every_order_of_the_tables_has_an_answer():
    of_centre = {number for number in m.MESSAGES.forms if number & 0x8000} - {0x8001}
    assert set(TAXI_ANSWERS) == of_centre
    asked_elsewhere = {0x8802, 0x8B00}
    assert {order.message_id for order, _ in ORDERS} | asked_elsewhere == of_centre


async def test_a_photo_comes_in_parts_and_again_where_a_part_is_not_acknowledged():
    refused: list[int] = []

    def heed(message_id: int) -> bool:
        if message_id == 0x0800 and len(refused) < 2:
            refused.append(message_id)
            return False
        return True

    async with Centre(taxi=True, heed=heed) as centre:
        terminal = SimulatedTerminal(TAXIS[0], port=centre.port, timeout_s=0.3)
        async with terminal:
            await terminal.report(speed_kmh=36)
            await centre.ask(m.TakePhoto(1, 1, 0, 0, 1, 5, 128, 64, 64, 128), m.TerminalReply)
            parts = MediaAssembler()
            whole = None
            while whole is None:
                whole = parts.add(await centre.next(m.ImagePart), 0.0)
            await terminal.settled()
            position, jpeg = whole.picture
            assert position.speed_kmh == 36.0
            assert whole.first.reason == 3
            assert Image.open(io.BytesIO(jpeg)).size == (640, 480)
            # Asked for again from the middle.
            await centre.ask(m.UploadStored(0, whole.media_id, 4096), m.TerminalReply)
            part = await centre.next(m.ImagePart)
            assert (part.image_id, part.offset) == (whole.media_id, 4096)


async def test_a_booked_taxi_carries_the_order_through_its_trip():
    async with line() as (centre, terminal):
        for number in range(1, 20):
            await centre.ask(m.Order(number, 0, centre.positions[-1].device_time, "演示站"), m.TerminalReply)
        grabbed = await centre.next(m.GrabOrder)
        when = centre.positions[-1].device_time
        await centre.ask(m.GrabResult(grabbed.business_id, 0, when), m.TerminalReply)
        await terminal.report()
        assert centre.positions[-1].status & Status.BOOKED
        assert terminal.desk.notes.kept["order"] == grabbed.business_id


async def test_an_emergency_of_a_taxi_is_bit_0_too():
    async with line() as (centre, terminal):
        await terminal.press_emergency()
        assert centre.positions[-1].alarms & Alarm.EMERGENCY


def test_packed_positions_equal_the_codecs():
    rng = np.random.default_rng(905)
    count = 1000
    columns = {
        "time_s": rng.integers(1_700_000_000, 1_900_000_000, count),
        "longitude_e6": rng.integers(-180_000_000, 180_000_000, count),
        "latitude_e6": rng.integers(-90_000_000, 90_000_000, count),
        "speed_dkmh": rng.integers(0, 2200, count),
        "bearing_deg": rng.integers(0, 360, count),
        "altitude_m": np.full(count, 4),
        "alarms": rng.integers(0, 1 << 32, count).astype(np.uint32),
        "status": (rng.integers(0, 1 << 13, count) & ~0xC).astype(np.uint32),
        "mileage_hm": rng.integers(0, 1 << 32, count),
        "taxi_status": rng.choice(np.array([0, 1 << 3, 1 << 9, 1 << 5 | 1 << 9]), count),
    }
    who, serials = rng.integers(0, 9, count), rng.integers(0, 65_536, count)
    packed = taxi_frames.PositionFrames(TAXIS[:9]).pack(who, serials, columns)
    for row, sealed in enumerate(packed):
        header, body = open_frame(unescape(sealed[1:-1]))
        assert (header.isu, header.serial) == (TAXIS[who[row]].phone, serials[row])
        spot = Spot(**{name: int(columns[name][row]) for name in _COLUMNS})
        report = spot.taxi_report(int(columns["taxi_status"][row]))
        expected = taxi_frames.frame(0x0200, TAXIS[who[row]], int(serials[row]), report.encode())
        south_west = (Status.SOUTH if spot.latitude_e6 < 0 else 0) | (Status.WEST if spot.longitude_e6 < 0 else 0)
        read = m.MESSAGES.decode(0x0200, body)
        assert read.status == report.status | south_west
        assert len(sealed) >= len(body) + 15
        if not south_west:
            assert sealed == expected


def test_the_made_up_tariff():
    assert fare_yuan(Decimal("2.9"), timedelta()) == 7
    assert fare_yuan(Decimal("5.0"), timedelta()) == 11
    assert fare_yuan(Decimal("5.0"), timedelta(minutes=10)) == 15


class Recorder:
    """A line that is never up: its desk's errands are read where they wait."""

    def __init__(self, vehicle) -> None:
        self.run = Run([vehicle], lambda _: None, Settings(taxis_905=True))
        self.terminal = self.run.terminals[0]

    def said(self) -> list[Message]:
        errands = self.terminal.desk.errands.waiting
        found = [open_frame(unescape(errand.frames[0][1:-1])) for errand in errands]
        return [m.MESSAGES.decode(header.message_id, body) for header, body in found]


def a_day(vehicle, *, step_s: int = 10, hours: int = 24):
    """Positions of one day by the demo movement, through the taxi's shift: what it said, and each status."""
    recorder, movement = Recorder(vehicle), Movement([vehicle])
    when = MIDNIGHT + np.arange(0, hours * 3600, step_s, dtype=float)
    fixes = movement.at(np.zeros(len(when), np.int64), when)
    columns = {name: getattr(fixes, name) for name in _COLUMNS if hasattr(fixes, name)}
    columns["altitude_m"] = np.full(len(when), 4)
    columns["mileage_hm"] = 10_000 + (np.cumsum(fixes.speed_dkmh / 36 * step_s) / 100).astype(np.int64)
    shifts = Shifts(np.zeros(1, np.int64), [recorder.terminal])
    return recorder.said(), shifts.watch(np.zeros(len(when), np.int64), columns), columns, recorder


def test_a_day_of_shifts_and_trips_adds_up():
    vehicle = next(one for one in TAXIS if not rides_unmetered(one, 0) and len(driver_numbers(one)) == 2)
    _, statuses, columns, recorder = a_day(vehicle)
    said = recorder.said()
    drivers = {licence_of(person(number)) for number in driver_numbers(vehicle)}
    signed_in = [one for one in said if isinstance(one, m.SignIn)]
    signed_out = [one for one in said if isinstance(one, m.SignOut)]
    trips = [one for one in said if isinstance(one, m.TripRecord)]
    assert {one.driver_license for one in signed_in} <= drivers
    assert {one.plate for one in signed_in} == {meter_plate(vehicle)}
    assert {one.operator_license for one in signed_in} == {taxi_licence(vehicle)}
    assert 0 <= len(signed_in) - len(signed_out) <= 1
    assert len(trips) > 5
    for trip in trips:
        meter = trip.meter
        assert meter.driver_license in drivers
        assert meter.fare_yuan == fare_yuan(meter.trip_km, meter.waited)
        assert meter.boarded_at <= meter.alighted_at
        assert trip.trip_id == int(trip.pickup.device_time.timestamp())
        assert trip.pickup.status & Status.PICK_UP
        assert trip.dropoff.status & Status.DROP_OFF
        assert not trip.dropoff.status & Status.LOADED
    assert [one.meter.trip_no for one in trips] == list(
        range(trips[0].meter.trip_no, trips[0].meter.trip_no + len(trips))
    )
    for shift in signed_out:
        own = [
            one for one in trips if shift.shift_on.at <= one.dropoff.device_time <= shift.shift_off.at + timedelta(60)
        ]
        assert shift.trips <= len(own)
        assert shift.shift_loaded_km <= shift.shift_km
    assert sum(one.trips for one in signed_out) <= len(trips)
    # Loaded by the movement is loaded by the meter, with one pick-up and one drop-off a trip.
    loaded = (columns["status"] & LOADED) > 0
    metered = (statuses & int(Status.LOADED)) > 0
    assert (loaded == metered).mean() > 0.99
    assert ((statuses & int(Status.PICK_UP)) > 0).sum() == len(trips) + int(metered[-1])
    assert ((statuses & int(Status.DROP_OFF)) > 0).sum() == len(trips)


def test_a_ride_under_way_when_the_run_begins_makes_no_record():
    recorder = Recorder(TAXIS[0])
    shift = Shift(TAXIS[0], recorder.terminal.desk)
    words = [ACC | FIXED | LOADED, ACC | FIXED | LOADED, ACC | FIXED, ACC | FIXED | LOADED, ACC | FIXED]
    start = MIDNIGHT + 9 * 3600
    seen = [
        Status(
            shift.step(
                Spot(start + 300 * place, 41_100_000, 122_000_000, 400, status=word, mileage_hm=100 + place * 25)
            )
        )
        for place, word in enumerate(words)
    ]
    trips = [one for one in recorder.said() if isinstance(one, m.TripRecord)]
    assert [Status.LOADED in one for one in seen] == [True, True, False, True, False]
    assert [Status.PICK_UP in one for one in seen] == [False, False, False, True, False]
    assert [Status.DROP_OFF in one for one in seen] == [False, False, True, False, True]
    assert [one.meter.trip_km for one in trips] == [Decimal("2.5")]
    assert trips[0].meter.empty_km == Decimal("2.5")


def test_a_few_drivers_leave_the_meter_off():
    cheats = [one for one in TAXIS if any(rides_unmetered(one, hour * 600) for hour in range(200))]
    assert 5 < len(cheats) < len(TAXIS) * 0.04
    _, statuses, columns, recorder = a_day(cheats[0])
    loaded = (columns["status"] & LOADED) > 0
    hidden = loaded & ((statuses & int(Status.LOADED)) == 0)
    rides = sum(one and not other for other, one in pairwise([False, *loaded.tolist()]))
    trips = [one for one in recorder.said() if isinstance(one, m.TripRecord)]
    assert hidden.sum() > 20
    assert 0 < len(trips) < rides


def test_now_and_then_a_loaded_ride_gets_no_record():
    start = MIDNIGHT + 9 * 3600
    taxi = next(one for one in TAXIS if rides_unrecorded(one, start + 300) and not rides_unmetered(one, start + 300))
    recorder = Recorder(taxi)
    shift = Shift(taxi, recorder.terminal.desk)
    words = [ACC | FIXED, ACC | FIXED | LOADED, ACC | FIXED | LOADED, ACC | FIXED]
    seen = [
        Status(
            shift.step(
                Spot(start + 300 * place, 41_100_000, 122_000_000, 400, status=word, mileage_hm=100 + place * 25)
            )
        )
        for place, word in enumerate(words)
    ]
    assert [Status.LOADED in one for one in seen] == [False, True, True, False]
    assert Status.DROP_OFF in seen[-1]
    assert not [one for one in recorder.said() if isinstance(one, m.TripRecord)]
    assert shift.trips == trips_before(taxi, Spot(start, 0, 0)), "the meter has counted none"


async def test_trips_are_sent_again_until_they_are_acknowledged():
    async with Centre(taxi=True, heed=lambda message_id: message_id != 0x0B03) as centre:
        terminal = SimulatedTerminal(TAXIS[1], port=centre.port, timeout_s=0.3)
        async with terminal:
            place = Spot(MIDNIGHT, 41_100_000, 122_000_000).taxi()
            sign_in = m.SignIn(place, taxi_licence(TAXIS[1]), "2" * 18, meter_plate(TAXIS[1]), None)
            await terminal.send(sign_in, wait=False)
            assert (await centre.next(m.SignIn)).driver_license == "2" * 18
            assert (await centre.next(m.SignIn)).plate == meter_plate(TAXIS[1])
            centre.heed = lambda message_id: True
            await terminal.settled()
            serials = {serial for message_id, serial in centre.serials if message_id == 0x0B03}
            assert len(serials) == 1


def test_a_run_of_taxis_reports_by_jt905_and_logs_what_was_acknowledged(tmp_path):
    log = tmp_path / "acknowledged.csv"
    taxi = [TAXIS[3]]

    def feed(started_at_s: float) -> DemoFeed:
        return DemoFeed(taxi, interval_s=0.05, rate=None, duration_s=1.0, started_at_s=MIDNIGHT + 10 * 3600)

    async def run(centre: Centre) -> dict[str, Any]:
        async with centre:
            facts = {"port": centre.port, "taxis_905": True, "happenings": True, "acknowledged_log": log}
            return await Run(taxi, feed, Settings(**facts, timeout_s=0.6, drain_s=4.0)).drive()

    centre = Centre(taxi=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the command runs it
        report = runner.run(run(centre))
    assert report["sent"] == report["acknowledged"] == len(centre.positions) > 10
    logged = [line.split(",") for line in log.read_text(encoding="ascii").splitlines()]
    assert len(logged) == len(centre.positions)
    phone, when, _, body = logged[0]
    position = m.MESSAGES.decode(0x0200, bytes.fromhex(body))
    assert (phone, datetime.fromisoformat(when)) == (taxi[0].phone, position.device_time)
    assert not report["errors"]


def test_without_the_option_every_taxi_speaks_jt808():
    run = Run([TAXIS[0]], lambda _: None, Settings())
    assert run.terminals[0].vehicle == replace(TAXIS[0], edition="2013")
