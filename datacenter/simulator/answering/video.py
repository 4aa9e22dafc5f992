"""Video signalling (视频信令). JT/T 1078-2016, messages 0x9003 to 0x9306.

Orders are taken, recordings are listed; no sound or picture is streamed.
"""

from datetime import datetime, timedelta
from typing import Any

from datacenter.protocols.jt1078.messages import (
    FileUpload,
    MediaAttributes,
    MediaAttributesQuery,
    PlaybackRequest,
    Recording,
    RecordingList,
    RecordingsQuery,
)
from datacenter.protocols.wire import GMT8
from datacenter.simulator.desk import DONE, FAILED, Answer, Desk
from datacenter.simulator.draw import draw

from .table import answers

CHANNELS = (1, 2, 3, 4)
_G726, _H264 = 8, 98  # as the codec table has them
_HOURS = 6


@answers(0x9003)
def tell_attributes(desk: Desk, order: MediaAttributesQuery, serial: int) -> Answer:
    """What its cameras and microphones can do."""
    return [MediaAttributes(_G726, 1, 0, 1, 320, 1, _H264, 1, len(CHANNELS))]


@answers(0x9101, 0x9102, 0x9202, 0x9207, 0x9301, 0x9302, 0x9303, 0x9304, 0x9305, 0x9306)
def take(desk: Desk, order: Any, serial: int) -> Answer:
    """Taken; of a channel it lacks: failed."""
    channel = getattr(order, "channel", 1)
    return DONE if channel in CHANNELS else FAILED


@answers(0x9105)
def hear_of_loss(desk: Desk, order: Any, serial: int) -> Answer:
    """A notice: nothing is due for it."""
    return None


@answers(0x9205)
def list_recordings(desk: Desk, order: RecordingsQuery, serial: int) -> Answer:
    """Main streams of the last hours, one recording an hour and channel."""
    return [RecordingList(serial, tuple(_recordings(desk, order.channel, order.start, order.end)))]


@answers(0x9201)
def play(desk: Desk, order: PlaybackRequest, serial: int) -> Answer:
    """The recordings that it would stream."""
    return [RecordingList(serial, tuple(_recordings(desk, order.channel, order.start, order.end)))]


@answers(0x9206)
def upload(desk: Desk, order: FileUpload, serial: int) -> Answer:
    """It speaks no FTP."""
    return FAILED


def _recordings(desk: Desk, channel: int, start: Any, end: Any) -> list[Recording]:
    now = desk.spot().time.astimezone(GMT8)
    hour = now.replace(minute=0, second=0, microsecond=0)
    found: list[Recording] = []
    for back in range(_HOURS, 0, -1):
        begins = hour - timedelta(hours=back)
        ends = begins + timedelta(hours=1)
        if (isinstance(start, datetime) and ends <= start) or (isinstance(end, datetime) and begins >= end):
            continue
        for number in CHANNELS if channel == 0 else (channel,):
            if number in CHANNELS:
                size = 200_000_000 + draw("recording", desk.vehicle.index * 24 + begins.hour) % 90_000_000
                found.append(Recording(number, begins, ends, 0, 0, 1, 1, size))
    return found
