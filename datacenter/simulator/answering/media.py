"""Pictures, sound, what is stored of them (多媒体). JT/T 808-2019, 0x8800 to 0x8805.

A terminal keeps its newest recordings as facts (what, when, where); the bytes are drawn when they are to be sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from datacenter.protocols.jt808.messages import (
    MediaData,
    MediaEvent,
    MediaReply,
    MediaSearch,
    MediaSearchAnswer,
    MediaUpload,
    MediaUploadOne,
    Record,
    Shoot,
    ShootReply,
    StoredMedia,
)
from datacenter.protocols.jt808.messages.media import RECORD, STOP
from datacenter.simulator import photos
from datacenter.simulator.desk import DONE, FAILED, WRONG, Answer, Desk
from datacenter.simulator.spot import Spot

from .table import answers

IMAGE, AUDIO, VIDEO = 0, 1, 2
JPEG, WAV = 0, 3
BY_ORDER, TIMED, ROBBERY = 0, 1, 2
CHANNELS = (1, 2, 3, 4, 0x64, 0x65)
NO_CHANNEL = 2
_MOST_STORED = 200
_MOST_SHOTS = 20


@dataclass(frozen=True, slots=True)
class Stored:
    """One recording that the terminal keeps."""

    media_id: int
    media_type: int
    event: int
    channel: int
    spot: Spot
    resolution: int = 2
    shows: str = ""  # see photos.Scene

    def data(self, desk: Desk) -> bytes:
        """Its bytes."""
        if self.media_type == AUDIO:
            return photos.sound()
        size = photos.SIZES.get(self.resolution, (640, 480))
        vehicle = desk.vehicle
        return photos.photo(photos.Scene(vehicle.index, vehicle.plate, self.channel, self.spot.time, size, self.shows))


def store(desk: Desk) -> dict[int, Stored]:
    """What is kept, by id: at first four pictures taken by the clock, one an hour on channels 1 and 2."""
    if "media" not in desk.notes.kept:
        kept: dict[int, Stored] = {}
        desk.notes.kept["media"] = kept
        here = desk.spot()
        for number in range(1, 5):
            hours = (5 - number) * 3600
            then = Spot(here.time_s - hours, here.latitude_e6, here.longitude_e6, status=here.status)
            kept[number] = Stored(number, IMAGE, TIMED, 1 + number % 2, then)
    found: dict[int, Stored] = desk.notes.kept["media"]
    return found


def take(
    desk: Desk, channel: int, event: int = BY_ORDER, *, media_type: int = IMAGE, resolution: int = 2, shows: str = ""
) -> Stored:
    """One more recording, kept."""
    kept = store(desk)
    one = Stored(max(kept, default=0) + 1, media_type, event, channel, desk.spot(), resolution, shows)
    kept[one.media_id] = one
    while len(kept) > _MOST_STORED:
        kept.pop(next(iter(kept)))
    return one


def send(desk: Desk, one: Stored) -> None:
    """0x0801 in packets; kept until 0x8800 says that it is whole."""
    form = WAV if one.media_type == AUDIO else JPEG
    place, data = one.spot.place(), one.data(desk)
    desk.keep(MediaData(one.media_id, one.media_type, form, one.event, one.channel, place, data), media_id=one.media_id)


def announce_and_send(desk: Desk, one: Stored) -> None:
    """0x0800, then the recording itself."""
    form = WAV if one.media_type == AUDIO else JPEG
    desk.keep(MediaEvent(one.media_id, one.media_type, form, one.event, one.channel))
    send(desk, one)


def send_after_alarm(desk: Desk, event: int = ROBBERY, channel: int = 2) -> None:
    """The picture that an alarm triggers."""
    announce_and_send(desk, take(desk, channel, event))


@answers(0x8801)
def shoot(desk: Desk, order: Shoot, serial: int) -> Answer:
    """Pictures, or a refusal to film: the answer with their ids, then event and data of each as it is taken."""
    if order.command == STOP:
        desk.notes.kept["shooting"] = serial
        return DONE
    if order.channel not in CHANNELS:
        return [ShootReply(serial, NO_CHANNEL)]
    if order.command == RECORD:
        return [ShootReply(serial, 1)]  # it takes no video this way
    desk.notes.kept["shooting"] = serial
    number = min(order.command, _MOST_SHOTS)
    first = max(store(desk), default=0) + 1
    ids = tuple(range(first, first + number))
    for place in range(number):
        desk.later(place * max(order.interval_s, 1), partial(_one_shot, desk, order, serial, ids[place]))
    if desk.speech.edition == "2011":
        return DONE
    return [ShootReply(serial, 0, ids)]


def _one_shot(desk: Desk, order: Shoot, serial: int, media_id: int) -> None:
    if desk.notes.kept.get("shooting") != serial:
        return  # stopped meanwhile, or ordered anew
    one = Stored(media_id, IMAGE, BY_ORDER, order.channel, desk.spot(), order.resolution)
    store(desk)[media_id] = one
    if not order.save:
        announce_and_send(desk, one)


@answers(0x8800)
def hear_of_media(desk: Desk, order: MediaReply, serial: int) -> Answer:
    """The platform has it, or lacks packets."""
    desk.errands.media_answered(order.media_id, order.packets or (), desk.now)
    return None


@answers(0x8802)
def search(desk: Desk, order: MediaSearch, serial: int) -> Answer:
    """What is kept of that kind, channel, event and time."""
    found = [one for one in store(desk).values() if _fits(order, one)]
    items = tuple(StoredMedia(one.media_id, one.media_type, one.channel, one.event, one.spot.place()) for one in found)
    return [MediaSearchAnswer(serial, len(items), items)]


@answers(0x8803)
def upload(desk: Desk, order: MediaUpload, serial: int) -> Answer:
    """Send what a search would find."""
    _upload(desk, [one for one in store(desk).values() if _fits(order, one)], bool(order.delete))
    return DONE


@answers(0x8805)
def upload_one(desk: Desk, order: MediaUploadOne, serial: int) -> Answer:
    """Send one; there is none of that id: failed."""
    one = store(desk).get(order.media_id)
    if one is None:
        return FAILED
    _upload(desk, [one], bool(order.delete))
    return DONE


def _upload(desk: Desk, found: Iterable[Stored], delete: bool) -> None:
    for one in found:
        desk.later(0.0, partial(send, desk, one))
        if delete:
            store(desk).pop(one.media_id, None)


@answers(0x8804)
def record(desk: Desk, order: Record, serial: int) -> Answer:
    """Sound in the cabin; stopping needs nothing done, what is recorded is two seconds long whatever was asked."""
    if order.command not in (0, 1):
        return WRONG
    if order.command == 1:
        one = take(desk, 1, media_type=AUDIO)
        if not order.save:
            desk.later(min(order.lasting_s or 2, 10), partial(announce_and_send, desk, one))
    return DONE


def _fits(order: MediaSearch | MediaUpload, one: Stored) -> bool:
    return (
        one.media_type == order.media_type
        and order.channel in (0, one.channel)
        and one.event == order.event
        and within(one.spot.time, order.start, order.end)
    )


def within(moment: datetime, start: object, end: object) -> bool:
    after = not isinstance(start, datetime) or moment >= start
    return after and (not isinstance(end, datetime) or moment <= end + timedelta(seconds=1))
