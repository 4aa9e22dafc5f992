"""Frames packed by numpy are those of the table codec."""

from datetime import UTC, datetime

import numpy as np
import pytest

from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt808.header import open_frame
from datacenter.protocols.jt808.messages import MESSAGES
from datacenter.simulator import frames
from datacenter.simulator.fleet import demo_fleet

COUNT = 3000


def _columns(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "time_s": rng.integers(1_700_000_000, 1_900_000_000, COUNT),
        "longitude_e6": rng.integers(-180_000_000, 180_000_000, COUNT),
        "latitude_e6": rng.integers(-90_000_000, 90_000_000, COUNT),
        "speed_dkmh": rng.integers(0, 2200, COUNT),
        "bearing_deg": rng.integers(0, 360, COUNT),
        "alarms": rng.integers(0, 1 << 32, COUNT).astype(np.uint32),
        "status": (rng.integers(0, 1 << 10, COUNT) & ~0xC).astype(np.uint32),
        "altitude_m": rng.integers(0, 9000, COUNT),
        "mileage_hm": rng.integers(0, 1 << 32, COUNT),
    }


@pytest.mark.parametrize("edition", ["2013", "2019"])
def test_packed_frames_equal_the_codecs(edition):
    vehicles = [vehicle for vehicle in demo_fleet() if vehicle.edition == edition][:40]
    rng = np.random.default_rng(808)
    who, serials, columns = rng.integers(0, 40, COUNT), rng.integers(0, 65_536, COUNT), _columns(rng)
    packed = frames.PositionFrames(edition, vehicles).pack(who, serials, columns)
    assert any(b"\x7d" in sealed for sealed in packed)
    for row, sealed in enumerate(packed):
        header, body = open_frame(unescape(sealed[1:-1]))
        report = MESSAGES.decode(0x0200, body, header.edition)
        vehicle = vehicles[who[row]]
        assert (header.message_id, header.phone, header.serial) == (0x0200, vehicle.phone, serials[row])
        assert report.signed_e6 == (columns["latitude_e6"][row], columns["longitude_e6"][row])
        assert report.device_time == datetime.fromtimestamp(int(columns["time_s"][row]), UTC)
        assert report.alarms == columns["alarms"][row]
        assert report.status & 0x3F3 == columns["status"][row]
        assert round(report.speed_kmh * 10) == columns["speed_dkmh"][row]
        assert (report.bearing_deg, report.altitude_m) == (columns["bearing_deg"][row], columns["altitude_m"][row])
        # The codec writes the same bytes.
        assert frames.frame(0x0200, vehicle, int(serials[row]), report.encode(edition)) == sealed
        assert frames.bodies(sealed, edition) == [body]


@pytest.mark.parametrize("edition", ["2013", "2019"])
def test_registration_and_authentication_say_who_the_vehicle_is(edition):
    vehicle = next(vehicle for vehicle in demo_fleet() if vehicle.edition == edition)
    header, body = open_frame(unescape(frames.register(vehicle, 7)[1:-1]))
    told = MESSAGES.decode(0x0100, body, header.edition)
    assert (told.plate, told.plate_color, told.terminal_id) == (
        vehicle.plate,
        vehicle.plate_colour,
        vehicle.terminal_id,
    )
    assert (told.province, told.city, told.maker_id) == (21, 1103, vehicle.maker_id)
    header, body = open_frame(unescape(frames.authenticate(vehicle, 8, "密码A1")[1:-1]))
    assert MESSAGES.decode(0x0102, body, header.edition).auth_code == "密码A1"


def test_a_batch_carries_its_bodies_unchanged():
    for vehicle in demo_fleet()[:2]:
        bodies = [bytes([0x7D, 0x7E, number] * 13 + [number]) for number in range(frames.BATCH_ITEMS)]
        sealed = frames.batch(vehicle, 9, bodies)
        assert frames.bodies(sealed, vehicle.edition) == bodies
        assert len(open_frame(unescape(sealed[1:-1]))[1]) <= 1023
