"""Positions of JT/T 905 in the shard worker: what of them is stored, alone and beside those of JT/T 808."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection

from datacenter.ingest.batch import BAD_MESSAGE, FRAME, NO_ANSWER, STORED, TAXI_FRAME, Batch
from datacenter.ingest.decode import OWN_WORDS, decode_batch
from datacenter.ingest.worker import ShardWorker
from datacenter.protocols.jt808 import bits as jt808
from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt905.bits import Alarm, Status
from datacenter.protocols.jt905.connection import Connection, End
from datacenter.protocols.jt905.messages import LocationReport, LocationResent, Position
from datacenter.protocols.layout import Message
from datacenter.protocols.tlv import Tlv
from datacenter.registry.models import Vehicle
from datacenter.tracks.position import Flag
from tests import factories

from .frames import location_batch, location_frame

NOW = int(time.time())
ISU = "104502000731"


def report(at: int, **facts: Any) -> LocationReport:
    """A taxi on Panjin's streets at ``at``."""
    moment = datetime.fromtimestamp(at, UTC)
    items = (Tlv(1, (1234).to_bytes(4, "big")),)
    plain = LocationReport(0, int(Status.ACC_ON), 41.12, 122.07, 36.0, 90, moment, items)
    return replace(plain, **facts)


def frame(message: Message) -> bytes:
    return unescape(Connection(ISU, admitted=True, peer=End.CENTRE).send(message)[1:-1])


def taxi_batch(vehicle_id: int, frames: list[bytes], forms: list[int] | None = None) -> Batch:
    batch = location_batch(vehicle_id, frames)
    batch.forms = np.array(forms or [TAXI_FRAME] * len(frames), np.uint8)
    return batch


@pytest.mark.parametrize(
    ("status", "flag"),
    [
        (0, 0),
        (Status.OUT_OF_OPERATION, Flag.OUT_OF_OPERATION),
        (Status.BOOKED, Flag.BOOKED),
        (Status.PICK_UP, Flag.PICK_UP),
        (Status.DROP_OFF, Flag.DROP_OFF),
        (Status.LOADED, Flag.LOADED),
        (Status.LOADED | Status.PICK_UP, Flag.LOADED | Flag.PICK_UP),
    ],
)
def test_occupancy_is_in_the_flags(status: int, flag: int) -> None:
    decoded = decode_batch(taxi_batch(7, [frame(report(NOW, status=int(status)))]))
    assert decoded.positions.flags.tolist() == [int(Flag.TAXI | Flag.LOCATED | Flag.QUALIFIED | flag)]


def test_words_are_those_of_808_and_its_own_lead_the_extras() -> None:
    alarms, status = Alarm.EMERGENCY | Alarm.METER_FAULT | Alarm.METER_CLOCK, Status.NO_FIX | Status.ACC_ON | 1 << 31
    decoded = decode_batch(taxi_batch(7, [frame(report(NOW, alarms=int(alarms), status=int(status)))]))
    row = decoded.positions
    assert (row.alarm.tolist(), row.status.tolist()) == ([jt808.Alarm.EMERGENCY], [jt808.Status.ACC_ON])
    assert row.flags.tolist() == [Flag.TAXI | Flag.METER_FAULT | Flag.METER_CLOCK]
    own = int(alarms).to_bytes(4, "big") + int(status).to_bytes(4, "big")
    assert decoded.extras == [OWN_WORDS + own + bytes.fromhex("0104000004D2")]
    assert (row.speed_dkmh.tolist(), row.bearing_deg.tolist(), row.mileage_dkm.tolist()) == ([360], [90], [1234])


def test_both_standards_in_one_batch_come_out_in_the_order_they_came() -> None:
    frames = [
        frame(report(NOW - 30)),
        location_frame(NOW - 29, 41_000_000, 122_000_000),
        frame(LocationResent(tuple(Position(0, 0, 41.0, 122.0, 0.0, 0, moment(NOW - n)) for n in (28, 27)))),
        location_frame(NOW - 26, 41_000_000, 122_000_000),
    ]
    forms = [TAXI_FRAME, FRAME, TAXI_FRAME, FRAME]
    decoded = decode_batch(taxi_batch(7, frames, forms))
    assert decoded.frame.tolist() == [0, 1, 2, 2, 3]
    assert decoded.positions.device_time.tolist() == [NOW - 30, NOW - 29, NOW - 28, NOW - 27, NOW - 26]
    taxi = [bool(flags & Flag.TAXI) for flags in decoded.positions.flags.tolist()]
    assert taxi == [True, False, True, True, False]
    assert [bool(flags & Flag.BACKFILL) for flags in decoded.positions.flags.tolist()] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert [tail.startswith(OWN_WORDS) for tail in decoded.extras] == taxi
    assert decoded.results.tolist() == [STORED] * 4


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def test_a_frame_is_read_as_its_socket_spoke_and_never_guessed() -> None:
    """The same bytes under the other form are a frame of wrong content, answered and quarantined as such."""
    # Read as JT/T 808 its minute stands where a month is looked for: half past is never one, whatever the time of day.
    good = frame(report(NOW - NOW % 3600 - 1800))
    torn = good[:-1] + bytes([good[-1] ^ 1])
    decoded = decode_batch(taxi_batch(7, [good, torn, good], [FRAME, TAXI_FRAME, TAXI_FRAME]))
    assert decoded.results.tolist() == [BAD_MESSAGE, NO_ANSWER, STORED]
    assert sorted(entry.reason for entry in decoded.rejected) == ["checksum", "time"]
    assert decoded.frame.tolist() == [2]


def test_absurd_times_and_broken_items_are_quarantined_with_their_frame() -> None:
    old = frame(report(NOW - 400 * 86_400))
    short = frame(LocationResent((Position(0, 0, 41.0, 122.0, 0.0, 0, moment(NOW)),)))
    torn = unescape(Connection(ISU, admitted=True, peer=End.CENTRE).send_body(0x0203, short[12:-1] + b"\x01")[1:-1])
    decoded = decode_batch(taxi_batch(7, [old, torn]))
    assert sorted(entry.reason for entry in decoded.rejected) == ["absurd_time", "truncated"]
    assert (decoded.frame.tolist(), decoded.results.tolist()) == ([1], [STORED, STORED])


@pytest.fixture
def taxi(counties: Any, settings: Any) -> Vehicle:
    settings.INGEST_SHARDS = 1
    return factories.make_vehicle("辽LT1234", kind=Vehicle.Kind.TAXI)


@pytest.fixture
def worker(taxi: Vehicle, as_ingest: None) -> ShardWorker:
    return ShardWorker(0)


@pytest.mark.usefixtures("tracks")
def test_a_taxi_is_stored_like_any_vehicle_and_twice_is_once(worker: ShardWorker, taxi: Vehicle) -> None:
    frames = [frame(report(NOW - 60 + n, status=int(Status.LOADED))) for n in range(5)]
    for _ in range(2):
        results, _ = worker.store(taxi_batch(taxi.pk, frames))
        assert results.tolist() == [STORED] * 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT latitude_e6, longitude_e6, flags FROM track_position WHERE vehicle_id = %s", [taxi.pk])
        rows = cursor.fetchall()
    assert rows == [(41_120_000, 122_070_000, int(Flag.TAXI | Flag.LOADED | Flag.LOCATED | Flag.QUALIFIED))] * 5
