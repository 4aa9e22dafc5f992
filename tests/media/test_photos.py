"""Photos and recordings as facts: a file first, its row once, what it is found from its bytes."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from datacenter.commands.models import Command
from datacenter.errors import DomainError
from datacenter.facts.catalogue import Fact
from datacenter.facts.workflow import keep
from datacenter.gateway.server import Gateway
from datacenter.media import keepers
from datacenter.media.files import keep_bytes
from datacenter.media.models import STATE_RECORD, MediaFile
from datacenter.protocols.active_safety.record import StateBlock
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.messages import Place, Shoot
from datacenter.protocols.jt905.messages import ImagePart, RecordingPart
from datacenter.protocols.wire import GMT8
from datacenter.registry.models import Vehicle
from tests.commands.conftest import PHONE, in_database
from tests.gateway.terminal import Terminal
from tests.media.conftest import NOW, picture

TAKEN = NOW - timedelta(minutes=3)
WAV = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28)
Kind = MediaFile.Kind


def fact(vehicle: Vehicle, message: Any, protocol: str = "jt808") -> Fact:
    edition = "2013" if protocol == "jt808" else "905"
    return Fact(protocol, edition, message.message_id, 7, PHONE, vehicle.pk, NOW, message.encode(edition), message)


def photo(data: bytes = b"", *, event: int = 1, media_id: int = 9, status: int = 0b10, channel: int = 2) -> Any:
    place = Place(0, status, 41.123456, 122.065432, 5, 40.0, 90, TAKEN.astimezone(GMT8))
    return jt808.MediaData(media_id, 0, 0, event, channel, place, data or picture())


@pytest.mark.django_db
def test_a_photo_is_kept_byte_for_byte_with_where_and_when(truck: Vehicle, media_root: Path) -> None:
    keep(fact(truck, photo()))
    file = MediaFile.objects.get()
    assert (file.vehicle_id, file.county_id, file.company_id) == (truck.pk, truck.county_id, truck.company_id)
    assert (file.source, file.kind, file.content_type) == ("photo", "image", "image/jpeg")
    assert (file.channel, file.event, file.reason, file.media_id) == (2, 1, "定时动作", 9)
    assert (file.device_time, file.received_at) == (TAKEN, NOW)
    assert (file.latitude_e6, file.longitude_e6) == (41_123_456, 122_065_432)
    stored = (media_root / file.path).read_bytes()
    assert stored == picture()
    assert hashlib.sha256(stored).hexdigest() == file.sha256


@pytest.mark.django_db
def test_a_photo_that_comes_again_is_kept_once(truck: Vehicle, media_root: Path) -> None:
    for _ in range(2):
        keep(fact(truck, photo()))
    assert MediaFile.objects.count() == 1
    keep(fact(truck, photo(media_id=10)))  # the same bytes under another number are another photo
    assert MediaFile.objects.count() == 2
    assert len(list(media_root.rglob("*.jpg"))) == 1


@pytest.mark.django_db
def test_a_photo_without_a_fix_or_a_clock_has_no_place_and_no_time(truck: Vehicle) -> None:
    place = Place(0, 0, 0.0, 0.0, 0, 0.0, 0, "000000000000")
    keep(fact(truck, jt808.MediaData(9, 0, 0, 1, 2, place, picture())))
    keep(fact(truck, photo(status=0b1110, media_id=10)))  # fixed, south, west
    first, second = MediaFile.objects.order_by("media_id")
    assert (first.device_time, first.latitude_e6) == (None, None)
    assert (second.latitude_e6, second.longitude_e6) == (-41_123_456, -122_065_432)


@pytest.mark.django_db
def test_a_photo_knows_the_order_that_it_came_of(truck: Vehicle) -> None:
    def order(channel: int, sent_at: datetime) -> Command:
        body = Shoot(channel, 1, 0, 0, 1, 5, 125, 60, 60, 125).encode("2013")
        return Command.objects.create(
            vehicle=truck, county_id=truck.county_id, company_id=truck.company_id, phone=PHONE, edition="2013",
            kind="shoot", message_id=Shoot.message_id, summary="拍照", body=body, created_at=sent_at,
            expires_at=sent_at + timedelta(days=1), sent_at=sent_at, state=Command.State.SENT,
        )  # fmt: skip

    order(2, NOW - timedelta(hours=3))
    order(3, NOW - timedelta(minutes=1))
    wanted = order(2, NOW - timedelta(minutes=2))
    keep(fact(truck, photo(event=0)))
    keep(fact(truck, photo(event=1, media_id=10)))  # timed: nobody ordered it
    assert [file.command for file in MediaFile.objects.order_by("media_id")] == [wanted, None]


@pytest.mark.django_db
def test_an_answer_that_names_pictures_ties_them_to_its_order(truck: Vehicle) -> None:
    keep(fact(truck, photo(event=3)))
    command = Command.objects.create(
        vehicle=truck, county_id=truck.county_id, company_id=truck.company_id, phone=PHONE, edition="2013",
        kind="shoot", message_id=Shoot.message_id, summary="拍照", body=b"\x02", created_at=NOW - timedelta(minutes=9),
        expires_at=NOW, sent_at=NOW - timedelta(minutes=1), state=Command.State.SENT,
    )  # fmt: skip
    keepers.link_pictures(command, jt808.ShootReply(3, 0, (9, 10)))
    assert MediaFile.objects.get().command == command


@pytest.mark.django_db
def test_taxis_photos_have_their_position_in_front(truck: Vehicle) -> None:
    position = bytes.fromhex("00000000 00000000 01785600 045D9FD0 0190 2D 260309071200")
    data = position + picture()
    keep(fact(truck, ImagePart(2, 77, 1, len(data), 0, data), "jt905"))
    keep(fact(truck, RecordingPart(3, 78, len(WAV), 0, WAV), "jt905"))
    image, recording = MediaFile.objects.order_by("media_id")
    assert (image.source, image.kind, image.reason, image.channel) == ("taxi_photo", "image", "报警", 1)
    assert image.device_time == datetime(2026, 3, 9, 7, 12, tzinfo=GMT8)
    assert image.latitude_e6 is not None
    assert image.size_bytes == len(picture())
    assert (recording.source, recording.kind) == ("taxi_recording", "audio")


@pytest.mark.django_db
def test_a_message_without_a_byte_of_content_is_refused_by_name(truck: Vehicle) -> None:
    with pytest.raises(DomainError) as refusal:
        keep(fact(truck, replace(photo(), data=b"")))
    assert refusal.value.code == "media-without-content"


BLOCK = StateBlock(
    1, 0, 0, 3, 41.1, 122.0, 5, 60.0, 90, NOW.astimezone(GMT8), 0, 0, 0, 0, 0, 0, 60.0, 60.0, 3, 20, 0, 0, 1500, 0, 0
)


@pytest.mark.parametrize(
    ("data", "kind", "content_type"),
    [
        (picture(), Kind.IMAGE, "image/jpeg"),
        (WAV, Kind.AUDIO, "audio/wav"),
        (b"\0\0\0\x01\x67" + bytes(20), Kind.VIDEO, "video/h264"),
        (b"\0\0\x01\x40\x01" + bytes(20), Kind.VIDEO, "video/h265"),
        (b"\0\0\0\x18ftypisom" + bytes(20), Kind.VIDEO, "video/mp4"),
        ("车速 62".encode("gb18030"), Kind.TEXT, "text/plain; charset=gb18030"),
        (BLOCK.pack() * 3, Kind.TEXT, STATE_RECORD),
        (BLOCK.pack()[:-1] + b"\0", Kind.OTHER, "application/octet-stream"),
        (b"<svg onload=alert(1)>\0", Kind.OTHER, "application/octet-stream"),
        (b"GIF89a" + bytes(3), Kind.OTHER, "application/octet-stream"),
        (b"", Kind.TEXT, "text/plain; charset=utf-8"),
    ],
)
def test_what_a_file_is_is_found_from_its_bytes(data: bytes, kind: str, content_type: str) -> None:
    what = keep_bytes(data).what
    assert (what.kind, what.content_type) == (kind, content_type)


def _rows() -> list[tuple[Any, ...]]:
    return list(MediaFile.objects.values_list("source", "sha256", "media_id"))


async def test_a_photo_in_packets_is_on_the_disk_before_its_terminal_hears_so(
    gateway: Gateway, truck: Vehicle, media_root: Path
) -> None:
    data = picture(size=(640, 480))
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        await terminal.raw(terminal.connection.send(photo(data)))
        assert await terminal.reply() == jt808.MediaReply(9)
    assert await in_database(_rows) == [("photo", hashlib.sha256(data).hexdigest(), 9)]
    assert [path.read_bytes() for path in media_root.rglob("*.jpg")] == [data]
