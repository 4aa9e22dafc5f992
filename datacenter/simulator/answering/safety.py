"""Active-safety alarms and their attachments (主动安全报警及附件). T/JSATL 12-2017, items 0x64 and 0x65, and 0x9208.

The alarm goes out with a position; when the platform orders its files by 0x9208, the terminal opens a connection of
its own and brings them (``attachments``).
"""

from dataclasses import dataclass

from datacenter.protocols.active_safety.bits import VehicleStatus
from datacenter.protocols.active_safety.codes import ADAS, DSM, IMAGE, OTHER
from datacenter.protocols.active_safety.files import ADAS_CHANNEL, DSM_CHANNEL, FileName
from datacenter.protocols.active_safety.items import AdasAlarm, DsmAlarm, Scene
from datacenter.protocols.active_safety.messages import UploadOrder
from datacenter.protocols.active_safety.record import StateBlock
from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.active_safety.upload import Attachment
from datacenter.simulator import attachments, photos
from datacenter.simulator.desk import DONE, FAILED, Answer, Desk
from datacenter.simulator.draw import draw
from datacenter.simulator.spot import Spot

from .table import answers

START = 1
PHONE, SMOKING = 2, 3
NO_BELT, NOT_YIELDING = 0x0A, 0x0A
"""Codes that T/JSATL 12-2017 leaves to makers, of DSM and of ADAS: the demo makers' (演示厂商)."""
SHOWS = {(DSM, PHONE): "phone", (DSM, SMOKING): "smoking", (DSM, NO_BELT): "no belt", (ADAS, NOT_YIELDING): "crossing"}
_MOST_KEPT = 20
_BLOCKS = 10  # of the state record, a second each


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """An alarm that was reported: which item and event, where, and its identification."""

    item: int
    event: int
    spot: Spot
    tag: AlarmTag

    @property
    def channel(self) -> int:
        """The file names' channel of the camera that saw it."""
        return ADAS_CHANNEL if self.item == ADAS else DSM_CHANNEL


def safety_id(desk: Desk) -> str:
    """The terminal's id in identifications, seven characters."""
    return f"D{desk.vehicle.index + 1:06d}"


def raised(desk: Desk) -> dict[bytes, RaisedAlarm]:
    """The newest alarms by identification."""
    found: dict[bytes, RaisedAlarm] = desk.notes.kept.setdefault("safety alarms", {})
    return found


def raise_safety_alarm(
    desk: Desk, item: int, event: int, *, level: int = 1, files: int = 2, spot: Spot | None = None
) -> RaisedAlarm:
    """Report an alarm of ADAS (0x64) or DSM (0x65) with ``files`` attachments to be fetched; ``spot``: seen there."""
    spot = spot or desk.spot()
    number = desk.notes.kept["alarm number"] = int(desk.notes.kept.get("alarm number", -1)) + 1
    moment = [one for one in raised(desk).values() if one.spot.time_s == spot.time_s]
    tag = AlarmTag.of(safety_id(desk), spot.time, len(moment), files)
    alarm = RaisedAlarm(item, event, spot, tag)
    raised(desk)[tag.pack()] = alarm
    while len(raised(desk)) > _MOST_KEPT:
        raised(desk).pop(next(iter(raised(desk))))
    scene = Scene(
        min(round(spot.speed_dkmh / 10), 250),
        spot.altitude_m,
        abs(spot.latitude_e6) / 1e6,
        abs(spot.longitude_e6) / 1e6,
        spot.time,
        int(VehicleStatus.ACC | VehicleStatus.LOCATED),
    )
    if item == ADAS:
        ahead = (60, 0.8, 0) if event in (1, 2, 4) else (0, 0.0, 0)
        deviation = 1 + number % 2 if event == 2 else 0
        extra = AdasAlarm(number, START, event, level, ahead[0], ahead[1], deviation, 0, 0, scene, tag).pack()
    else:
        fatigue = 6 if event == 1 else 0
        extra = DsmAlarm(number, START, event, level, fatigue, bytes(4), scene, tag).pack()
    desk.report(extra)
    return alarm


def files_of(desk: Desk, alarm: RaisedAlarm, alarm_no: str) -> tuple[Attachment, ...]:
    """The attachments, drawn: pictures, and a state record as the third."""
    out: list[Attachment] = []
    for number in range(alarm.tag.attachments):
        kind = OTHER if number == 2 else IMAGE
        name = FileName.of(kind, alarm.channel, alarm.item, alarm.event, number, alarm_no)
        data = _record(alarm.spot) if kind == OTHER else _picture(desk, alarm, number)
        out.append(Attachment(str(name), kind, data))
    return tuple(out)


def _picture(desk: Desk, alarm: RaisedAlarm, number: int) -> bytes:
    vehicle = desk.vehicle
    channel = 0x64 if alarm.item == ADAS else 0x65
    shows = SHOWS.get((alarm.item, alarm.event), "")
    scene = photos.Scene(vehicle.index + number * 20_000, vehicle.plate, channel, alarm.spot.time, shows=shows)
    return photos.photo(scene)


def _record(spot: Spot) -> bytes:
    speed = spot.speed_dkmh / 10
    base = (spot.latitude_e6 / 1e6, spot.longitude_e6 / 1e6, spot.altitude_m, speed, spot.bearing_deg)
    return b"".join(
        StateBlock(
            _BLOCKS, number, spot.alarms, spot.status, *base, spot.time, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, speed, speed,
            4, 12, 0, 0, 1400, 0, 0,
        ).pack()
        for number in range(_BLOCKS)
    )  # fmt: skip


@answers(0x9208)
def bring_files(desk: Desk, order: UploadOrder, serial: int) -> Answer:
    """Bring them; of an alarm that it doesn't know any more: failed."""
    alarm = raised(desk).get(order.tag.pack())
    if alarm is None:
        return FAILED
    luck = draw("attachment", desk.vehicle.index * 65_536 + serial)
    attachments.bring(
        desk,
        order.host,
        order.tcp_port,
        tag=alarm.tag,
        alarm_no=str(order.alarm_no),
        files=files_of(desk, alarm, str(order.alarm_no)),
        luck=luck if desk.lost_share else None,
    )
    return DONE


EVENTS = {ADAS: (1, 2, 3, 4), DSM: (1, 2, 3, 4)}
"""Which events the demo raises: collision ahead, lane, distance, pedestrian; tired, telephone, smoking, distracted."""
