"""Bad bytes and bad manners: each has its counter, none ends a good session or grows memory."""

import asyncio
import socket
from typing import Any

import pytest

from datacenter.gateway import metrics
from datacenter.protocols.jt808.frame import FLAG, escape, seal, unescape
from datacenter.protocols.jt808.header import Edition, Header
from datacenter.protocols.jt808.messages import LocationBatch, ResendRequest
from tests.gateway.conftest import Start, eventually, grown, phone
from tests.gateway.terminal import Terminal, location
from tests.gateway.worker import Worker


def broken_checksum(frame: bytes) -> bytes:
    """The same frame with a wrong check byte."""
    raw = unescape(frame[1:-1])
    return FLAG + escape(raw[:-1] + bytes((raw[-1] ^ 0x55,))) + FLAG


async def flood(terminal: Terminal, data: bytes, times: int) -> None:
    """Send ``data`` again and again, without a look at what comes back."""
    async with asyncio.timeout(10):
        for _ in range(times):
            await terminal.raw(data)


async def still_good(terminal: Terminal) -> None:
    """The session goes on: a heartbeat is answered and a position acknowledged."""
    assert await terminal.heartbeat() == 0
    serials = await terminal.locations(1)
    assert await terminal.results(1) == {serials[0]: 0}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"\x7e" + b"\x01\x02\x03" + b"\x7e", "header-too-short"),
        (b"\x7e\x02\x00\x00\x05\x7d\x09" + b"\0" * 20 + b"\x7e", "bad-escape"),
        (b"\x7e" + b"A" * 10_000 + b"\x7e", "frame-too-long"),
        (broken_checksum(seal(bytes.fromhex("000200000139000000010009"))), "bad-checksum"),
        (seal(bytes.fromhex("0002000001390000999900" + "09")), "other-phone"),
        (seal(bytes.fromhex("020000ff0139000000010009") + b"short"), "body-length-mismatch"),
        (seal(bytes.fromhex("0001000101390000000100" + "0900")), "truncated-body"),
    ],
)
async def test_bad_frame_is_quarantined_and_the_session_goes_on(
    start: Start, settings: Any, bad: bytes, reason: str
) -> None:
    gateway = await start()
    counted = grown(metrics.FRAMES_QUARANTINED, reason)
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            await terminal.raw(bad)
            if reason == "truncated-body":
                assert (await terminal.reply()).result == 2
            await still_good(terminal)
        (entry,) = [entry for batch in worker.batches for entry in batch.rejected]
    assert (entry.reason, entry.vehicle_id, entry.phone) == (reason, 1, phone(1))
    assert bytes(entry.raw[:10]) in bad
    assert len(entry.raw) <= gateway.limits.quarantined_bytes
    assert entry.remote.startswith("127.0.0.1:")
    assert counted() == 1


async def test_garbage_between_frames_and_half_frames_change_nothing(start: Start, settings: Any) -> None:
    gateway = await start()
    with Worker(settings.REDIS_URL, [0, 1]):
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            frames = b"".join(terminal.connection.send(location(number)) for number in range(5))
            await terminal.raw(b"\x7e\x7e\x7e")
            for at in range(0, len(frames), 7):
                await terminal.raw(frames[at : at + 7])
                await asyncio.sleep(0.001)
            assert set((await terminal.results(5)).values()) == {0}


async def test_flood_of_bad_frames_is_only_counted_past_the_rate(start: Start, settings: Any) -> None:
    gateway = await start(rejected_a_minute=10)
    counted, kept_out = grown(metrics.FRAMES_QUARANTINED, "header-too-short"), grown(metrics.NOT_QUARANTINED)
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            await terminal.raw(b"\x7eabc\x7e" * 1000)
            await still_good(terminal)
        assert sum(len(batch.rejected) for batch in worker.batches) == 10
    assert (counted(), kept_out()) == (1000, 990)


async def test_ten_megabytes_without_a_delimiter_from_a_stranger_end_its_socket(start: Start, settings: Any) -> None:
    gateway = await start()
    closed, counted = grown(metrics.CLOSED, "no_delimiter"), grown(metrics.FRAMES_QUARANTINED, "no-delimiter")
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal:
            with pytest.raises(ConnectionError):
                await flood(terminal, b"\x01" * 65536, 160)
        await eventually(lambda: worker.batches)
        (entry,) = worker.batches[0].rejected
        assert len(entry.raw) == 1024
    assert (closed(), counted()) == (1, 1)


async def test_ten_megabytes_without_a_delimiter_cost_a_good_session_one_frame(start: Start, settings: Any) -> None:
    gateway = await start()
    counted = grown(metrics.FRAMES_QUARANTINED, "frame-too-long")
    with Worker(settings.REDIS_URL, [0, 1]):
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            await terminal.raw(FLAG)
            for _ in range(160):
                await terminal.raw(b"\x01" * 65536)
            await terminal.raw(FLAG)
            await still_good(terminal)
    assert counted() == 1


async def test_stranger_with_bad_frames_is_closed_in_the_end(start: Start) -> None:
    gateway = await start(early_frames=5, stop_s=0.1)
    closed = grown(metrics.CLOSED, "never_authenticates")
    async with Terminal(gateway.port, phone(1)) as terminal:
        await terminal.raw(b"\x7eabc\x7e" * 100)
        assert await terminal.ended()
    assert closed() == 1


async def test_client_that_never_reads_is_closed(start: Start) -> None:
    gateway = await start(kernel_send_bytes=4096, write_buffer_bytes=16_384)
    closed = grown(metrics.CLOSED, "never_reads")
    async with Terminal(gateway.port, phone(1)) as terminal:
        await terminal.authenticate()
        sock = terminal._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        terminal._writer.transport.pause_reading()
        beat = seal(Header(0x0002, 0, terminal.connection.phone, 1, Edition.V2013).pack())
        with pytest.raises(ConnectionError):
            await flood(terminal, beat * 1000, 1000)
    assert closed() == 1


def packets(terminal: Terminal, body: bytes, size: int) -> list[bytes]:
    """``body`` as a 0x0704 in packets of ``size`` bytes."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    out = []
    for number, part in enumerate(parts, start=1):
        header = Header(
            0x0704, len(part), terminal.connection.phone, terminal.connection.next_serial(), Edition.V2013,
            subpackaged=True, packets=len(parts), packet_no=number,
        )  # fmt: skip
        out.append(seal(header.pack() + part))
    return out


async def test_sub_packaged_batch_is_put_together_and_missing_packets_are_asked_for_once(
    start: Start, settings: Any
) -> None:
    gateway = await start()
    asked = grown(metrics.RESENDS_ASKED)
    body = LocationBatch.of(tuple(location(number) for number in range(10)), kind=1).encode("2013")
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            first = terminal.connection.serial
            frames = packets(terminal, body, 100)
            await terminal.raw(frames[0] + frames[2] + frames[3])
            request = await terminal.reply()
            assert isinstance(request, ResendRequest)
            assert (request.orig_serial, request.packets) == (first, (2,))
            with pytest.raises(TimeoutError):
                await terminal.next(0.5)
            await terminal.raw(frames[1])
            assert await terminal.results(4) == {first + number: 0 for number in range(4)}
        (batch,) = worker.batches
    assert batch.blob == body
    assert batch.forms.tolist() == [1]
    assert batch.message_ids.tolist() == [0x0704]
    assert asked() == 1


async def test_encrypted_message_is_not_supported(start: Start, settings: Any) -> None:
    gateway = await start()
    with Worker(settings.REDIS_URL, [0, 1]):
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            header = Header(0x0200, 8, terminal.connection.phone, 7, Edition.V2013, encryption=1)
            await terminal.raw(seal(header.pack() + b"whatever"))
            answer = await terminal.reply()
            assert (answer.ack_serial, answer.result) == (7, 3)
            await still_good(terminal)
