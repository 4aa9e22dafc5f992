"""Covered cameras as terminals report them (视频信号遮挡): bits of positions, told on as events.

JT/T 1078 has two items: 0x14 with a bit for any camera, 0x16 with a bit a channel. A position without either costs two
searches in its tail. A vehicle repeats the bits with every position while it lasts: it is told on once a minute.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from datacenter.detection import events
from datacenter.detection.detectors.happened import CameraCovered
from datacenter.detection.events import Told
from datacenter.protocols.jt808.bits import VideoAlarm
from datacenter.tracks.position import Flag, Positions

EVERY_S = 60
_ANY_HEAD, _CHANNELS_HEAD = b"\x14\x04", b"\x16\x04"
_last_told: dict[int, int] = {}  # by vehicle: a cache; what is told twice counts once


def look(positions: Positions, extras: list[bytes]) -> None:
    """Tell on which vehicles report a covered camera, in the caller's transaction."""
    told: dict[int, int] = {}
    for row, tail in enumerate(extras):
        if _CHANNELS_HEAD not in tail and _ANY_HEAD not in tail:
            continue
        channels = covered_channels(tail)
        if channels is None or positions.flags[row] & Flag.TAXI:  # JT/T 905 has other items under these numbers
            continue
        vehicle, at = int(positions.vehicle_id[row]), int(positions.device_time[row])
        if abs(at - told.get(vehicle, _last_told.get(vehicle, -EVERY_S))) < EVERY_S:
            continue
        told[vehicle] = at
        located = bool(positions.flags[row] & Flag.QUALIFIED)
        events.tell(
            Told(
                rule=CameraCovered.code,
                vehicle_id=vehicle,
                at=at,
                reference="occlusion",
                speed_dkmh=int(positions.speed_dkmh[row]),
                latitude_e6=int(positions.latitude_e6[row]) if located else None,
                longitude_e6=int(positions.longitude_e6[row]) if located else None,
                measures={"channels": channels},
            )
        )
    if told:  # what is rolled back was not told
        transaction.on_commit(lambda: _last_told.update(told))


def covered_channels(tail: bytes) -> int | None:
    """Bits of the covered channels, 0 where only that some camera is; None where none is."""
    some, channels = False, 0
    for number, content in _items(tail):
        if len(content) == 4 and number == 0x14:
            some |= bool(int.from_bytes(content, "big") & VideoAlarm.SIGNAL_COVERED)
        elif len(content) == 4 and number == 0x16:
            channels |= int.from_bytes(content, "big")
    return channels if some or channels else None


def _items(tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each item; what is cut off is none."""
    at = 0
    while at + 2 <= len(tail):
        length = tail[at + 1]
        if at + 2 + length > len(tail):
            return
        yield tail[at], tail[at + 2 : at + 2 + length]
        at += 2 + length
