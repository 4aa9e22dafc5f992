"""Alarms of active safety in what a shard's worker stores (主动安全报警入库), and the order to bring their attachments.

They come as additional items of positions (0x64 to 0x67, 0x70). Most positions have none: what a position without them
costs is one look at its length, for longer ones one search for an id that could begin an item.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from datacenter import metrics
from datacenter.commands.workflow import send_command
from datacenter.detection import events
from datacenter.detection.events import Told
from datacenter.errors import DomainError
from datacenter.media import occlusion, profiles
from datacenter.media.models import SafetyAlarm
from datacenter.media.profiles import Codes, Rules, Speech
from datacenter.protocols.active_safety.items import HEAD_BYTES, ITEMS, Alarm, alarms_in
from datacenter.protocols.active_safety.messages import UploadOrder
from datacenter.protocols.active_safety.practices import SHAPES, following
from datacenter.protocols.wire import GMT8
from datacenter.registry.models import Vehicle
from datacenter.tracks.position import Flag, Positions

log = logging.getLogger(__name__)

ALARMS = metrics.counter("safety_alarms_total", "Alarms of active safety stored, by item", ["item"])
FAULTS = metrics.counter("safety_alarm_faults_total", "Positions whose alarms could not be stored")
NO_ORDER = metrics.counter("safety_no_order_total", "Alarms whose attachments could not be asked for", ["reason"])

COMMAND_KIND = "safety.attachments"
UPLOAD_WITHIN = timedelta(hours=24)
END = 2
SHORTEST = 2 + min(HEAD_BYTES.values()) + min(shape.tag_bytes for shape in SHAPES.values())
"""Bytes of the smallest item with its head: in fewer there is no alarm."""
MOST_CLOCK_GAP = timedelta(days=1)
_IDS = frozenset(ITEMS)
_AN_ID = re.compile(b"[%s]" % re.escape(bytes(sorted(_IDS)))).search


@dataclass(frozen=True, slots=True)
class Found:
    """An alarm and the position that it came with."""

    row: int
    vehicle_id: int
    alarm: Alarm


def rows_with_candidates(extras: list[bytes]) -> list[int]:
    """Rows in which an item begins that may be an alarm; a row that holds one is always among them."""
    return [row for row, tail in enumerate(extras) if len(tail) >= SHORTEST and _begins_one(tail)]


def _begins_one(tail: bytes) -> bool:
    last = len(tail) - SHORTEST  # what begins later is too short for an alarm
    if not _AN_ID(tail, 0, last + 1):
        return False
    at = 0
    while at <= last:
        if tail[at] in _IDS:
            return True
        at += 2 + tail[at + 1]
    return False


def keep_alarms(positions: Positions, extras: list[bytes]) -> None:
    """Store the alarms among these positions' additional items, in a savepoint of its own.

    Inside the worker's transaction; what goes wrong here costs no position. Raises where the database is away.
    """
    occlusion.look(positions, extras)
    rows = rows_with_candidates(extras)
    rows = [row for row in rows if not positions.flags[row] & Flag.TAXI]  # JT/T 905 has other items
    if not rows:
        return
    try:
        with transaction.atomic():
            _keep(positions, extras, rows)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("alarms of %d positions could not be stored together", len(rows))
        for row in rows:
            _keep_alone(positions, extras, row)


def _keep_alone(positions: Positions, extras: list[bytes], row: int) -> None:
    """One position's, so that a bad one costs no other."""
    try:
        with transaction.atomic():
            _keep(positions, extras, [row])
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("alarms of vehicle %d could not be stored", int(positions.vehicle_id[row]))
        FAULTS.inc()


def _keep(positions: Positions, extras: list[bytes], rows: list[int]) -> None:
    plain = [(row, alarms_in(extras[row])) for row in rows]  # by length alone: who has any at all
    concerned = {int(positions.vehicle_id[row]) for row, alarms in plain if alarms}
    if not concerned:
        return
    vehicles = Vehicle.objects.in_bulk(concerned)
    speech = profiles.speech_of(concerned)
    found: list[Found] = []
    for row, alarms in plain:
        vehicle_id = int(positions.vehicle_id[row])
        if practice := speech.get(vehicle_id, Speech()).practice:
            with following(practice):
                alarms = alarms_in(extras[row])
        found += [Found(row, vehicle_id, alarm) for alarm in alarms if vehicle_id in vehicles]
    codes = profiles.codes_of(one.vendor for one in speech.values())
    rules = profiles.rules_of(one.vendor for one in speech.values())
    known = _known(found)
    for one in found:
        key = _key(one)
        if key not in known:
            alarm = _row(positions, one, vehicles[one.vehicle_id], speech.get(one.vehicle_id, Speech()), codes)
            alarm.save(force_insert=True)
            known[key] = alarm
            ALARMS.inc(f"0x{one.alarm.extra_id:02X}")
            if alarm.attachments_expected:
                _order(alarm, one.alarm, vehicles[one.vehicle_id])
            _tell(alarm, alarm.device_time, rules)
        elif one.alarm.flag_state == END and known[key].ended_at is None:
            _end(known[key], _device_time(positions, one))
            _tell(known[key], _device_time(positions, one), rules)


def _key(one: Found) -> tuple[int, str, int, int, int]:
    alarm = one.alarm
    return one.vehicle_id, alarm.tag.pack().hex(), alarm.extra_id, alarm.event, alarm.alarm_id


def _known(found: list[Found]) -> dict[tuple[int, str, int, int, int], SafetyAlarm]:
    """Those that are stored already: a position that comes twice brings its alarms twice."""
    rows = SafetyAlarm.objects.filter(
        vehicle_id__in={one.vehicle_id for one in found}, tag__in={_key(one)[1] for one in found}
    )
    return {(row.vehicle_id, row.tag, row.item, row.event, row.counter): row for row in rows}


def _row(positions: Positions, one: Found, vehicle: Vehicle, speech: Speech, codes: Codes) -> SafetyAlarm:
    alarm = one.alarm
    device_time = _device_time(positions, one)
    latitude_e6, longitude_e6 = _place(positions, one)
    return SafetyAlarm(
        vehicle=vehicle,
        county_id=vehicle.county_id,
        company_id=vehicle.company_id,
        alarm_no=new_number(device_time),
        phone=speech.phone,
        terminal_id=alarm.tag.terminal_id.replace("\0", "")[:30],
        practice=alarm.tag.practice,
        tag=alarm.tag.pack().hex(),
        item=alarm.extra_id,
        event=alarm.event,
        vendor=speech.vendor,
        title=profiles.meaning(codes, speech.vendor, alarm.extra_id, alarm.event),
        level=alarm.severity,
        flag_state=alarm.flag_state,
        counter=alarm.alarm_id,
        speed_kmh=alarm.scene.speed_kmh,
        latitude_e6=latitude_e6,
        longitude_e6=longitude_e6,
        vehicle_status=alarm.scene.vehicle_status,
        content=_content(alarm),
        device_time=device_time,
        received_at=datetime.fromtimestamp(int(positions.received_us[one.row]) / 1e6, UTC),
        ended_at=device_time if alarm.flag_state == END else None,
        attachments_expected=alarm.tag.attachments,
    )


def new_number(moment: datetime) -> str:
    """An alarm number that nobody can guess (报警编号): whoever knows it may bring the attachments.

    Short enough that a file name made of it fits the 50 bytes of a file packet.
    """
    return f"{moment.astimezone(GMT8):%y%m%d%H%M%S}{secrets.token_hex(8)}"


def _content(alarm: Alarm) -> dict[str, Any]:
    """The item under the wire's names; PostgreSQL refuses zero characters, which texts of terminals may hold inside."""
    text = json.dumps(alarm.layout.show(alarm), ensure_ascii=True)
    content: dict[str, Any] = json.loads(text.replace("\\u0000", ""))
    return content


def _device_time(positions: Positions, one: Found) -> datetime:
    """The alarm's own time where its clock agrees with the position's; the position's otherwise."""
    position = datetime.fromtimestamp(int(positions.device_time[one.row]), UTC)
    own = one.alarm.scene.device_time
    return own if isinstance(own, datetime) and abs(own - position) < MOST_CLOCK_GAP else position


def _place(positions: Positions, one: Found) -> tuple[int | None, int | None]:
    """Where it was: the item's own place where that is one, the position's where that has a fix, else none."""
    latitude_e6, longitude_e6 = round(one.alarm.scene.latitude_deg * 1e6), round(one.alarm.scene.longitude_deg * 1e6)
    if latitude_e6 and longitude_e6 and latitude_e6 <= 90_000_000 and longitude_e6 <= 180_000_000:
        return latitude_e6, longitude_e6
    if positions.flags[one.row] & Flag.QUALIFIED:
        return int(positions.latitude_e6[one.row]), int(positions.longitude_e6[one.row])
    return None, None


def _order(row: SafetyAlarm, alarm: Alarm, vehicle: Vehicle) -> None:
    """0x9208: bring the attachments to our attachment server."""
    order = UploadOrder(settings.MEDIA_ADDRESS, settings.MEDIA_PORT, 0, alarm.tag, row.alarm_no)
    summary = f"上传附件：{row.title}（{row.attachments_expected} 个）"
    try:
        with transaction.atomic():
            row.command = send_command(
                vehicle, order, by=None, kind=COMMAND_KIND, summary=summary, expires_in=UPLOAD_WITHIN, urgent=True
            )
        row.state = SafetyAlarm.State.REQUESTED
    except DomainError as refusal:
        NO_ORDER.inc(refusal.code)
        row.state = SafetyAlarm.State.UNREACHABLE
    row.save(update_fields=["command", "state"])


def _tell(row: SafetyAlarm, moment: datetime, rules: Rules) -> None:
    """An alarm whose code is a rule's becomes a finding, or belongs to one; its end prolongs that."""
    rule = profiles.rule_of(rules, row.vendor, row.item, row.event)
    if not rule:
        return
    events.tell(
        Told(
            rule=rule,
            vehicle_id=row.vehicle_id,
            at=int(moment.timestamp()),
            reference=f"alarm:{row.pk}",
            level=row.level,
            speed_dkmh=row.speed_kmh * 10,
            latitude_e6=row.latitude_e6,
            longitude_e6=row.longitude_e6,
        )
    )


def _end(row: SafetyAlarm, moment: datetime) -> None:
    row.ended_at, row.flag_state = moment, END
    row.save(update_fields=["ended_at", "flag_state"])
