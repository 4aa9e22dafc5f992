"""How a taxi's terminal answers the centre (出租汽车终端应答). JT/T 905.2-2014.

The standard has no result for what is not supported: such orders have failed. Parameters are those that were set
before, as the meaning of their ids was not found.
"""

from functools import partial
from typing import Any

from datacenter.protocols.jt808.bits import Alarm
from datacenter.protocols.jt808.bits import Status as Status808
from datacenter.protocols.jt905.bits import Status
from datacenter.protocols.jt905.messages import (
    AlarmConfirmed,
    AlarmEnded,
    CallBack,
    DeviceCommand,
    DeviceControl,
    DeviceData,
    DevicePoll,
    DevicePollAnswer,
    EventReport,
    GrabOrder,
    GrabResult,
    ImagePart,
    ImageSearch,
    ImageSearchAnswer,
    LocationAnswer,
    LocationQuery,
    Order,
    OrderCancelledByCentre,
    ParameterAnswer,
    ParameterQuery,
    PhoneBook,
    Position,
    Question,
    SetEvents,
    SetParameters,
    TakePhoto,
    Text,
    Tracking,
    TrackingReport,
    UpgradeResult,
    UploadStored,
    VehicleControl,
    VehicleControlAnswer,
)
from datacenter.protocols.jt905.messages import Answer as DriversAnswer
from datacenter.protocols.layout import Struct
from datacenter.protocols.tlv import TAIL, Tlv
from datacenter.simulator import photos
from datacenter.simulator.desk import DONE, FAILED, UNSUPPORTED, WRONG, Answer, Desk
from datacenter.simulator.draw import draw, share
from datacenter.simulator.spot import Spot

from . import media
from .table import TAXI_ANSWERS, answers

PART_BYTES = 2048
BY_CENTRE, ON_ALARM = 3, 2
CAMERAS = (0, 1, 2)
GRAB_SHARE = 0.6
_STOP, _RECORD = 0, 0xFFFF
_LOCKS = {0: Status.OIL_CUT, 1: Status.POWER_CUT, 2: Status.DOORS_LOCKED, 3: Status.VEHICLE_LOCKED}
_POSITION = Struct(Position)
_DEVICES = (0x00, 0x02, 0x05, 0x06, 0x07)


def place(desk: Desk) -> Position:
    """The 25 bytes of where the taxi is, its meter's state included."""
    return desk.spot().taxi(desk.taxi_status)


@answers(0x8103, table=TAXI_ANSWERS)
def set_parameters(desk: Desk, order: SetParameters, serial: int) -> Answer:
    """Kept; a list that was cut off changes nothing."""
    if any(one.declared is not None or one.id == TAIL for one in order.params):
        return WRONG
    kept: dict[int, Tlv] = desk.notes.kept.setdefault("parameters", {})
    kept.update({one.id: one for one in order.params})
    return DONE


@answers(0x8104, table=TAXI_ANSWERS)
def tell_parameters(desk: Desk, order: ParameterQuery, serial: int) -> Answer:
    """Those of them that were set; all of these where none is named."""
    kept: dict[int, Tlv] = desk.notes.kept.setdefault("parameters", {})
    return [ParameterAnswer(serial, tuple(kept[number] for number in order.ids or sorted(kept) if number in kept))]


@answers(0x8105, table=TAXI_ANSWERS)
def obey(desk: Desk, order: DeviceControl, serial: int) -> Answer:
    """Upgrade, off, restart."""
    if order.command == 1:
        told = (
            order.device_type or 0,
            order.vendor or 0,
            order.hardware_version or "00",
            order.software_version or "0000",
        )
        desk.later(8.0, partial(desk.keep, UpgradeResult(*told, 1)))
    elif order.command in (2, 3, 5, 6):
        desk.later(1.0, desk.line.hang_up)
    elif order.command == 4:
        desk.notes.kept.pop("parameters", None)
    else:
        return UNSUPPORTED
    return DONE


@answers(0x8201, table=TAXI_ANSWERS)
def tell_place(desk: Desk, order: LocationQuery, serial: int) -> Answer:
    """The place now."""
    report: Any = desk.speech.report(desk.spot(), (), desk.taxi_status)
    fields = ("alarms", "status", "latitude_deg", "longitude_deg", "speed_kmh", "bearing_deg", "device_time", "extras")
    return [LocationAnswer(serial, *(getattr(report, name) for name in fields))]


@answers(0x8202, table=TAXI_ANSWERS)
def be_tracked(desk: Desk, order: Tracking, serial: int) -> Answer:
    """0x0202 every so often; by time alone, not by distance."""
    former = desk.notes.kept.pop("tracking", None)
    if former is not None:
        desk.unwatch(former)
    if order.kind == 0xFF:
        return DONE
    if order.kind != 0 or not order.interval:
        return UNSUPPORTED
    ends, due = desk.now + order.total, desk.now + order.interval

    def report(spot: Spot) -> None:
        nonlocal due
        if due > ends:
            desk.unwatch(report)
        elif desk.now >= due:
            due = max(due + order.interval, desk.now)
            plain: Any = desk.speech.report(spot, (), desk.taxi_status)
            fields = (plain.alarms, plain.status, plain.latitude_deg, plain.longitude_deg, plain.speed_kmh)
            desk.keep(TrackingReport(*fields, plain.bearing_deg, plain.device_time, plain.extras))

    desk.notes.kept["tracking"] = report
    desk.watch(report)
    return DONE


@answers(0x8300, table=TAXI_ANSWERS)
def read_text(desk: Desk, order: Text, serial: int) -> Answer:
    """Shown and read out; kept."""
    desk.read(order.text)
    return DONE


@answers(0x8301, table=TAXI_ANSWERS)
def set_events(desk: Desk, order: SetEvents, serial: int) -> Answer:
    """The driver's menu; its first item is reported once."""
    desk.notes.kept["events"] = {one.id: one.text for one in order.events}
    if order.events:
        desk.later(20.0, partial(desk.keep, EventReport(order.events[0].id)))
    return DONE


@answers(0x8302, table=TAXI_ANSWERS)
def ask(desk: Desk, order: Question, serial: int) -> Answer:
    """The driver thinks, then chooses."""
    if not order.answers:
        return WRONG
    chosen = order.answers[draw("answer", desk.vehicle.index + serial) % len(order.answers)]
    desk.later(5.0, partial(desk.keep, DriversAnswer(order.question_id, chosen.id)))
    return DONE


@answers(0x8400, table=TAXI_ANSWERS)
def call_back(desk: Desk, order: CallBack, serial: int) -> Answer:
    """It rings that number; there is no telephone behind it."""
    if not order.phone:
        return WRONG
    desk.notes.calls.append((order.flag, order.phone))
    return DONE


@answers(0x8401, table=TAXI_ANSWERS)
def set_contacts(desk: Desk, order: PhoneBook, serial: int) -> Answer:
    """Kept."""
    desk.notes.kept["contacts"] = {one.phone: one.name for one in order.contacts}
    return DONE


@answers(0x8500, table=TAXI_ANSWERS)
def control(desk: Desk, order: VehicleControl, serial: int) -> Answer:
    """Lock or cut; the status bits of the answer tell."""
    bit = _LOCKS.get(order.item)
    if bit is None or order.command not in (0, 1):
        return UNSUPPORTED
    # Bits that JT/T 808 has too go into its word, as positions are made from that.
    theirs = {Status.OIL_CUT: Status808.OIL_CUT, Status.POWER_CUT: Status808.POWER_CUT}.get(bit)
    theirs = Status808.DOORS_LOCKED if bit == Status.DOORS_LOCKED else theirs
    if theirs is not None:
        desk.status = desk.status | theirs if order.command else desk.status & ~theirs
    else:
        desk.taxi_status = desk.taxi_status | bit if order.command else desk.taxi_status & ~bit
    return [VehicleControlAnswer(serial, place(desk))]


@answers(0x8801, table=TAXI_ANSWERS)
def take_photos(desk: Desk, order: TakePhoto, serial: int) -> Answer:
    """Pictures; no films."""
    if order.command == _STOP:
        desk.notes.kept["shooting"] = serial
        return DONE
    if order.command == _RECORD or order.camera not in CAMERAS:
        return FAILED
    desk.notes.kept["shooting"] = serial
    for number in range(min(order.command, 10)):
        desk.later(number * max(order.interval_s, 1), partial(_one_shot, desk, order, serial))
    return DONE


def _one_shot(desk: Desk, order: TakePhoto, serial: int) -> None:
    if desk.notes.kept.get("shooting") == serial:
        one = media.take(desk, order.camera, BY_CENTRE, resolution=order.resolution)
        if not order.save:
            send_photo(desk, one)


def picture(desk: Desk, one: media.Stored) -> bytes:
    """Position and JPEG together, as 0x0800 carries them."""
    size = photos.TAXI_SIZES.get(one.resolution, (640, 480))
    scene = photos.Scene(desk.vehicle.index, desk.vehicle.plate, one.channel, one.spot.time, size)
    return _POSITION.write(one.spot.taxi()) + photos.photo(scene)


def send_photo(desk: Desk, one: media.Stored, start: int = 0) -> None:
    """0x0800 part by part, each kept until it is acknowledged."""
    content = picture(desk, one)
    for at in range(start, len(content), PART_BYTES):
        part = content[at : at + PART_BYTES]
        desk.keep(ImagePart(one.event, one.media_id, one.channel, len(content), at, part))


def send_after_alarm(desk: Desk) -> None:
    """The picture that an alarm triggers."""
    send_photo(desk, media.take(desk, 1, ON_ALARM, resolution=1))


@answers(0x8802, table=TAXI_ANSWERS)
def search(desk: Desk, order: ImageSearch, serial: int) -> Answer:
    """Ids of pictures kept of that camera and reason."""
    found = [one for one in media.store(desk).values() if one.channel == order.camera and one.event == order.reason]
    within = [one.media_id for one in found if media.within(one.spot.time, order.start, order.end)]
    return [ImageSearchAnswer(serial, 4 * len(within), 0, tuple(within))]


@answers(0x8803, table=TAXI_ANSWERS)
def upload(desk: Desk, order: UploadStored, serial: int) -> Answer:
    """A stored picture from an offset on."""
    one = media.store(desk).get(order.file_id)
    if one is None:
        return FAILED
    desk.later(0.0, partial(send_photo, desk, one, order.offset))
    return DONE


@answers(0x8B00, table=TAXI_ANSWERS)
def hear_of_order(desk: Desk, order: Order, serial: int) -> Answer:
    """A vacant driver may want it."""
    vacant = not desk.taxi_status & Status.LOADED
    if vacant and share("grab", desk.vehicle.index * 131 + order.business_id % 1009) < GRAB_SHARE:
        desk.later(3.0, partial(desk.keep, GrabOrder(order.business_id)))
    return DONE


@answers(0x8B01, table=TAXI_ANSWERS)
def hear_result(desk: Desk, order: GrabResult, serial: int) -> Answer:
    """Whoever got it is booked until the passenger is in the car."""
    if order.won:
        desk.notes.kept["order"] = order.business_id
        desk.taxi_status |= Status.BOOKED
    return DONE


@answers(0x8B09, table=TAXI_ANSWERS)
def lose_order(desk: Desk, order: OrderCancelledByCentre, serial: int) -> Answer:
    """Free again."""
    if desk.notes.kept.get("order") == order.business_id:
        del desk.notes.kept["order"]
        desk.taxi_status &= ~Status.BOOKED
    return DONE


@answers(0x8B0A, table=TAXI_ANSWERS)
def hear_confirmation(desk: Desk, order: AlarmConfirmed, serial: int) -> Answer:
    """The centre has seen it; the alarm goes on until it is ended."""
    return DONE


@answers(0x8B0B, table=TAXI_ANSWERS)
def end_alarm(desk: Desk, order: AlarmEnded, serial: int) -> Answer:
    """The alarm is over."""
    desk.clear(int(Alarm.EMERGENCY))
    return DONE


@answers(0x8B10, table=TAXI_ANSWERS)
def command_device(desk: Desk, order: DeviceCommand, serial: int) -> Answer:
    """The device says the same back."""
    desk.reply(serial, order.message_id)
    return [DeviceData(order.device_type, 1, order.data_type, order.data)]


@answers(0x8B11, table=TAXI_ANSWERS)
def poll_devices(desk: Desk, order: DevicePoll, serial: int) -> Answer:
    """Each device is there; what states look like was not found, so theirs are empty."""
    return [DevicePollAnswer(tuple(Tlv(number, b"") for number in order.device_types or _DEVICES))]
