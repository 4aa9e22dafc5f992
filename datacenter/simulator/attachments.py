"""Bringing an alarm's files to the attachment server (报警附件上传): a connection of its own for each alarm.

A share of files loses a packet, a share of connections breaks in the middle; both are made good, as on the road.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.active_safety.upload import Attachment, Upload
from datacenter.protocols.jt808.header import Edition

if TYPE_CHECKING:
    from datacenter.simulator.desk import Desk

PAYLOAD_BYTES = 16_384
_ATTEMPTS = 4
_SILENCE_S = 20.0
_LOSE_ONE_IN, _BREAK_ONE_IN = 4, 5
_running: set[asyncio.Task[None]] = set()


def bring(
    desk: Desk,
    host: str,
    port: int,
    *,
    tag: AlarmTag,
    alarm_no: str,
    files: tuple[Attachment, ...],
    luck: int | None = None,
) -> asyncio.Task[None]:
    """Upload in the background. ``luck`` decides what goes wrong on the way; None: nothing."""
    task = asyncio.get_running_loop().create_task(_bring(desk, host, port, tag, alarm_no, files, luck))
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


async def _bring(
    desk: Desk, host: str, port: int, tag: AlarmTag, alarm_no: str, files: tuple[Attachment, ...], luck: int | None
) -> None:
    left, errors = files, desk.tally.errors
    lose = {files[0].name: (0,)} if files and luck is not None and luck % _LOSE_ONE_IN == 0 else {}
    breaks = luck is not None and luck // 8 % _BREAK_ONE_IN == 0
    for attempt in range(_ATTEMPTS):
        upload = Upload(
            desk.vehicle.phone,
            tag,
            alarm_no,
            left,
            Edition(desk.vehicle.edition),
            info_type=1 if attempt else 0,
            payload_bytes=PAYLOAD_BYTES,
            lose=lose if not attempt else {},
        )
        try:
            await _talk(upload, host, port, break_after=PAYLOAD_BYTES + 500 if breaks and not attempt else None)
        except (OSError, TimeoutError) as fault:
            errors[f"attachment_{type(fault).__name__}"] += 1
        if upload.failed:
            errors["attachment_refused"] += 1
            return
        left = tuple(one for one in left if one.name not in upload.completed)
        if not left:
            desk.notes.kept["attachments brought"] = int(desk.notes.kept.get("attachments brought", 0)) + len(files)
            return
        await asyncio.sleep(min(2**attempt, 8) * 0.5)
    errors["attachment_given_up"] += 1


async def _talk(upload: Upload, host: str, port: int, *, break_after: int | None) -> None:
    """One connection, until all is there or the line breaks (after so many bytes, where told)."""
    async with asyncio.timeout(_SILENCE_S):
        reader, writer = await asyncio.open_connection(host, port)
    sent = 0
    try:
        out = upload.begin()
        while True:
            if break_after is not None and sent + len(out) > break_after:
                writer.write(out[: break_after - sent])
                await writer.drain()
                return
            sent += len(out)
            writer.write(out)
            await writer.drain()
            if upload.done or upload.failed:
                return
            async with asyncio.timeout(_SILENCE_S):
                data = await reader.read(65_536)
            if not data:
                return
            out = upload.receive(data)
    finally:
        writer.close()
