"""From an alarm to its files over real sockets: broken off, lossy, restarted, lied to; who may bring what."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from datacenter.gateway.server import Gateway
from datacenter.media import parts, uploads
from datacenter.media.alarms import new_number
from datacenter.media.models import MediaFile, SafetyAlarm
from datacenter.media.server import AttachmentServer
from datacenter.media.uploads import Room
from datacenter.protocols.active_safety.connection import CATALOGUE
from datacenter.protocols.active_safety.files import FileName
from datacenter.protocols.active_safety.messages import UploadOrder
from datacenter.protocols.active_safety.ranges import Ranges
from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.active_safety.upload import Attachment, Upload
from datacenter.registry.models import Vehicle
from tests import factories
from tests.commands.conftest import PHONE, in_database
from tests.gateway.conftest import eventually, grown
from tests.gateway.terminal import Terminal
from tests.media.conftest import NOW, QUICK, Serve, dsm, make_alarm, picture, report

State = SafetyAlarm.State
CLIP = b"\0\0\0\x01\x67" + random.Random(7).randbytes(300_000)


def attachments(alarm_no: str) -> tuple[Attachment, ...]:
    """A photo and a clip of an alarm, named as the text has it."""
    return (
        Attachment(str(FileName.of(0, 65, 0x65, 2, 0, alarm_no)), 0, picture()),
        Attachment(str(FileName.of(2, 65, 0x65, 2, 1, alarm_no)), 2, CLIP),
    )


def upload(alarm_no: str, tag: AlarmTag, **facts: Any) -> Upload:
    return Upload(PHONE.zfill(12), tag, alarm_no, attachments(alarm_no), payload_bytes=4096, **facts)


@asynccontextmanager
async def opened(server: AttachmentServer) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def bring(server: AttachmentServer, end: Upload, *, break_after: int = 0) -> bool:
    """Talk to the server until the upload is done or the server closes; with ``break_after``, that many bytes only."""
    sent = 0
    async with opened(server) as (reader, writer), asyncio.timeout(10):
        outgoing = end.begin()
        while outgoing or not (end.done or end.failed):
            if break_after and sent + len(outgoing) > break_after:
                writer.write(outgoing[: break_after - sent])
                await writer.drain()
                return False
            writer.write(outgoing)
            sent += len(outgoing)
            await writer.drain()
            data = await reader.read(65536)
            if not data:
                return False
            outgoing = end.receive(data)
    return end.done


def rows() -> list[tuple[Any, ...]]:
    found = MediaFile.objects.order_by("name").values_list("name", "kind", "sha256", "size_bytes", "channel", "source")
    return list(found)


def expected(files: tuple[Attachment, ...]) -> list[tuple[Any, ...]]:
    kinds = {0: "image", 2: "video"}
    return [
        (one.name, kinds[one.type], hashlib.sha256(one.data).hexdigest(), len(one.data), 65, "attachment")
        for one in files
    ]


def alarm_state() -> tuple[str, int, int]:
    row = SafetyAlarm.objects.get()
    return row.state, row.attachments_received, row.attachments_expected


@pytest.fixture
def alarm(tracks: None, truck: Vehicle, as_ingest: None) -> SafetyAlarm:
    """An alarm whose attachments have been asked for; from here on everybody has the ingest role."""
    return make_alarm(truck, alarm=dsm(), state=State.REQUESTED)


async def test_from_an_alarm_to_its_files_with_a_break_and_a_lost_packet(
    gateway: Gateway, truck: Vehicle, serve: Serve, settings: Any, media_root: Path
) -> None:
    server = await serve()
    settings.MEDIA_PORT = server.port
    async with Terminal(gateway.port, PHONE) as terminal:
        terminal.connection.catalogue = CATALOGUE
        assert await terminal.authenticate() == 0
        await terminal.send(report(dsm()))
        seen = [await terminal.reply(), await terminal.reply()]
        order = next(message for message in seen if isinstance(message, UploadOrder))
        assert (order.host, order.tcp_port, order.tag) == ("127.0.0.1", server.port, dsm().tag)
    lossy = {attachments(order.alarm_no)[1].name: (3, 4, 40)}
    first = upload(order.alarm_no, order.tag, lose=lossy)
    assert not await bring(server, first, break_after=100_000)
    await eventually(lambda: not server._sessions)
    assert await in_database(alarm_state) == (State.UPLOADING, 1, 2)
    asked, written = grown(uploads.RESENDS), grown(uploads.BYTES)
    again = upload(order.alarm_no, order.tag, lose=lossy, info_type=1)
    assert await bring(server, again)
    assert asked() == 1
    assert written() < len(CLIP) - 60_000, "what had come before the break came again"
    assert await in_database(rows) == expected(again.attachments)
    assert await in_database(alarm_state) == (State.COMPLETE, 2, 2)
    stored = sorted(path.read_bytes() for path in (media_root / "terminal").rglob("*") if path.is_file())
    assert stored == sorted(one.data for one in again.attachments)
    assert parts.held_bytes() == 0


async def test_an_upload_goes_on_after_a_restart_of_the_server(alarm: SafetyAlarm, serve: Serve) -> None:
    server = await serve()
    end = upload(alarm.alarm_no, dsm().tag)
    assert not await bring(server, end, break_after=150_000)
    await server.stop()
    written = grown(uploads.BYTES)
    second = await serve()
    again = upload(alarm.alarm_no, dsm().tag)
    assert await bring(second, again)
    assert written() < len(CLIP) - 100_000
    assert await in_database(rows) == expected(again.attachments)


async def test_a_newer_connection_takes_an_upload_over(alarm: SafetyAlarm, serve: Serve) -> None:
    server = await serve()
    dead = upload(alarm.alarm_no, dsm().tag)
    async with opened(server) as (reader, writer):
        writer.write(dead.begin())
        writer.write(dead.receive(await reader.read(65536)))
        assert await bring(server, upload(alarm.alarm_no, dsm().tag))
        async with asyncio.timeout(5):
            while await _rest(reader):
                pass
    assert await in_database(alarm_state) == (State.COMPLETE, 2, 2)


async def test_what_is_complete_is_not_written_again(alarm: SafetyAlarm, serve: Serve) -> None:
    server = await serve()
    assert await bring(server, upload(alarm.alarm_no, dsm().tag))
    written = grown(uploads.BYTES)
    again = upload(alarm.alarm_no, dsm().tag, info_type=1)
    assert await bring(server, again)
    assert written() == 0
    assert await in_database(rows) == expected(again.attachments)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"alarm_no": "26030907123000000000feedfeed"}, "unknown-alarm"),
        ({"alarm_no": ""}, "unknown-alarm"),
        ({"phone": "013900000099"}, "unknown-terminal"),
        ({"phone": "013900000088"}, "unknown-alarm"),
    ],
)
async def test_only_the_terminal_that_was_asked_may_bring_files(
    other_truck: Vehicle, alarm: SafetyAlarm, serve: Serve, change: dict[str, Any], reason: str
) -> None:
    server = await serve()
    refused = grown(uploads.REFUSED, reason)
    end = replace(upload(alarm.alarm_no, dsm().tag), **change)
    await bring(server, end)
    assert end.failed
    assert refused() == 1
    assert await in_database(rows) == []
    assert not parts.incoming().exists()


@pytest.fixture
def other_truck(tracks: None, counties: Any) -> Vehicle:
    """Another vehicle with a terminal of its own, 13900000088."""
    vehicle = factories.make_vehicle("辽L88888")
    factories.make_terminal(vehicle, "13900000088")
    return vehicle


async def test_names_of_files_never_become_paths(alarm: SafetyAlarm, serve: Serve, media_root: Path) -> None:
    server = await serve()
    names = ("../../../x", "/etc/y", "盘锦.jpg")
    odd = tuple(Attachment(name, 4, bytes((number,)) * 9) for number, name in enumerate(names))
    assert await bring(server, replace(upload(alarm.alarm_no, dsm().tag), attachments=odd))
    assert {row[0] for row in await in_database(rows)} == {one.name for one in odd}
    outside = [path for path in media_root.parent.rglob("*") if path.is_file() and media_root not in path.parents]
    assert outside == []


async def test_where_there_is_no_room_a_list_is_refused(alarm: SafetyAlarm, serve: Serve) -> None:
    server = await serve(limits=replace(QUICK, room=Room(held_bytes=1000)))
    refused = grown(uploads.REFUSED, "disk-full")
    end = upload(alarm.alarm_no, dsm().tag)
    await bring(server, end)
    assert end.failed
    assert refused() == 1


async def test_whoever_guesses_alarm_numbers_is_shown_out(alarm: SafetyAlarm, serve: Serve) -> None:
    server = await serve()
    async with opened(server) as (reader, writer), asyncio.timeout(5):
        for number in range(6):
            writer.write(replace(upload(f"guess{number}", dsm().tag)).begin())
        seen = b""
        while data := await _rest(reader):
            seen += data
    assert not server._sessions


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("stream", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 300, bytes(5000)])
async def test_strangers_are_closed_in_time(serve: Serve, stream: bytes) -> None:
    server = await serve(limits=replace(QUICK, bounds=replace(QUICK.bounds, list_s=0.3)))
    async with opened(server) as (reader, writer), asyncio.timeout(5):
        writer.write(stream)
        while await _rest(reader):
            pass
    await eventually(lambda: not server._sessions)


async def test_sockets_are_bounded_in_all_and_by_address(serve: Serve) -> None:
    server = await serve(limits=replace(QUICK, connections_per_address=2))
    async with opened(server), opened(server):
        await eventually(lambda: len(server._sessions) == 2)
        async with opened(server) as (reader, _), asyncio.timeout(5):
            assert await _rest(reader) == b""


async def test_a_disk_that_holds_another_size_is_found_out(
    alarm: SafetyAlarm, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await serve()
    finish, times = parts.Part.finish, []

    def short(part: parts.Part) -> Path:
        path = finish(part)
        times.append(part.name)
        if len(times) == 1:
            path.write_bytes(path.read_bytes()[:-1])
        return path

    monkeypatch.setattr(parts.Part, "finish", short)
    end = upload(alarm.alarm_no, dsm().tag)
    assert await bring(server, end)
    assert await in_database(rows) == expected(end.attachments)
    assert len(times) == 3


async def test_the_server_says_that_it_lives_and_what_it_has_counted(
    alarm: SafetyAlarm, serve: Serve, settings: Any
) -> None:
    server = await serve()
    client = redis.Redis.from_url(settings.REDIS_URL)
    await bring(server, upload(alarm.alarm_no, dsm().tag))
    await eventually(lambda: client.exists(server._alive_key))
    await server._publish()
    figures = json.loads(client.hget(f"{settings.REDIS_PREFIX}:metrics", f"attachments:{server.name}") or b"{}")
    assert figures["metrics"]["attachment_files_total"]["series"]


def test_forgotten_pieces_are_swept_away_and_young_ones_are_not(media_root: Path) -> None:
    part = parts.Part("A7", "a.jpg", 10)
    part.write(0, b"abc")
    part.close()
    assert parts.sweep() == 0
    assert parts.held_bytes() > 0
    assert parts.sweep(now=time.time() + parts.KEEP_S + 100) == 1
    assert parts.held_bytes() == 0


def test_a_note_that_lies_about_its_pieces_is_not_believed(media_root: Path) -> None:
    part = parts.Part("A7", "a.jpg", 10)
    part.write(0, b"abcdef")
    part.save(Ranges(10, [(0, 6)]))
    part.close()
    assert parts.Part("A7", "a.jpg", 10).known() == [(0, 6)]
    part.path.write_bytes(b"abc")
    assert parts.Part("A7", "a.jpg", 10).known() == []
    assert not part.path.exists()


def test_the_order_names_an_alarm_that_nobody_can_guess(tracks: None) -> None:
    numbers = {new_number(NOW) for _ in range(1000)}
    assert len(numbers) == 1000
    assert all(len(number) == 28 for number in numbers)
    assert len(str(FileName.of(2, 65, 0x65, 255, 99, numbers.pop()))) <= 50


async def test_a_loop_that_swallows_one_cancellation_does_not_keep_the_server_from_stopping(serve: Serve) -> None:
    server = await serve()

    async def stubborn() -> None:
        for _ in range(2):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    server._loops.append(asyncio.create_task(stubborn()))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await server.stop()
