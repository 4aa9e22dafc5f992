"""Photos and recordings that terminals send by themselves or were asked for (多媒体上传入库).

Registered for facts of JT/T 808 (0x0801) and JT/T 905 (0x0800, 0x0806, whole files); called by the shard's worker in
its transaction. A file is written first, its row once, however often it comes. 0x0800 of JT/T 808 announces a recording
and carries none: it stays a terminal report.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from datacenter.commands.catalogue import answers
from datacenter.commands.models import Command
from datacenter.facts.catalogue import Fact, keeps
from datacenter.media import files
from datacenter.media.errors import NoContent
from datacenter.media.models import SECTION, MediaFile
from datacenter.media.tasks import judge_photos
from datacenter.protocols.jt808.bits import Status
from datacenter.protocols.jt808.messages import MediaData, Shoot, ShootReply
from datacenter.protocols.jt808.messages.media import MEDIA_EVENTS
from datacenter.protocols.jt905.assembly import Medium
from datacenter.protocols.jt905.bits import Status as TaxiStatus
from datacenter.protocols.jt905.codes import REASON_WORD
from datacenter.protocols.jt905.messages import ImagePart, RecordingPart
from datacenter.registry.models import Vehicle
from datacenter.tracks import changes

ORDERED_WITHIN = timedelta(hours=1)
"""How long after an order to shoot a picture may still be its result."""
JUDGED_WITHIN_S = 55
BY_ORDER = 0
MOST_LATITUDE_E6, MOST_LONGITUDE_E6 = 90_000_000, 180_000_000


@keeps("jt808", MediaData.message_id)
def keep_media(fact: Fact) -> None:
    """0x0801: a photo, recording or clip. Raises ``NoContent``."""
    message: MediaData = fact.message
    where = message.location
    command = _order_of(fact, message.channel) if message.event == BY_ORDER else None
    _keep(
        fact,
        message.data,
        source=MediaFile.Source.PHOTO,
        channel=message.channel,
        event=message.event,
        reason=MEDIA_EVENTS.get(message.event, f"事件 {message.event}"),
        media_id=message.media_id,
        command=command,
        **(_place_808(where) if where is not None else {}),
    )


@keeps("jt905", ImagePart.message_id)
def keep_taxi_photo(fact: Fact) -> None:
    """JT/T 905, 0x0800: a photo with the position it was taken at. Raises ``NoContent``."""
    message: ImagePart = fact.message
    position, picture = Medium(message.message_id, message.image_id, message, message.data or b"").picture
    place: dict[str, Any] = {}
    if position is not None:
        place = {"device_time": position.device_time}
        if not position.status & TaxiStatus.NO_FIX:
            latitude_e6, longitude_e6 = position.signed_e6
            place |= _bounded(latitude_e6, longitude_e6)
    _keep(
        fact,
        picture,
        source=MediaFile.Source.TAXI_PHOTO,
        channel=message.camera,
        event=message.reason,
        reason=REASON_WORD.name(message.reason) or f"原因 {message.reason}",
        media_id=message.image_id,
        command=_order_of(fact, message.camera),
        **place,
    )


@keeps("jt905", RecordingPart.message_id)
def keep_taxi_recording(fact: Fact) -> None:
    """JT/T 905, 0x0806: a recording. Raises ``NoContent``."""
    message: RecordingPart = fact.message
    _keep(fact, message.data or b"", source=MediaFile.Source.TAXI_RECORDING, media_id=message.media_id)


def _keep(fact: Fact, data: bytes, **facts: Any) -> None:
    if not data:
        raise NoContent(vehicle=fact.vehicle_id)
    kept = files.keep_bytes(data)
    county_id, company_id = Vehicle.objects.values_list("county_id", "company_id").get(pk=fact.vehicle_id)
    row = MediaFile(
        vehicle_id=fact.vehicle_id,
        county_id=county_id,
        company_id=company_id,
        kind=kept.what.kind,
        received_at=fact.received_at,
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        content_type=kept.what.content_type,
        path=kept.path,
        **facts,
    )
    MediaFile.objects.bulk_create([row], ignore_conflicts=True)
    if row.is_image and row.source in MediaFile.JUDGED:
        transaction.on_commit(_judge, robust=True)
    changes.on_commit(fact.vehicle_id, SECTION)


def _judge() -> None:
    """Have it judged at once; what is not told here is found by the beat."""
    judge_photos.apply_async(expires=JUDGED_WITHIN_S, retry=False)


def _place_808(where: Any) -> dict[str, Any]:
    """Time and place of a recording; neither where the terminal's clock or receiver had none."""
    place: dict[str, Any] = {}
    if isinstance(where.device_time, datetime):
        place["device_time"] = where.device_time
    if where.status & Status.FIXED:
        latitude_e6, longitude_e6 = round(where.latitude_deg * 1e6), round(where.longitude_deg * 1e6)
        south, west = where.status & Status.SOUTH, where.status & Status.WEST
        place |= _bounded(-latitude_e6 if south else latitude_e6, -longitude_e6 if west else longitude_e6)
    return place


def _bounded(latitude_e6: int, longitude_e6: int) -> dict[str, int]:
    """A place on the earth, or none."""
    if abs(latitude_e6) > MOST_LATITUDE_E6 or abs(longitude_e6) > MOST_LONGITUDE_E6:
        return {}
    return {"latitude_e6": latitude_e6, "longitude_e6": longitude_e6}


def _order_of(fact: Fact, channel: int) -> Command | None:
    """The last order to this vehicle to shoot with this camera, where it is young enough to have led to the picture."""
    recent = Command.objects.filter(
        vehicle_id=fact.vehicle_id,
        message_id=Shoot.message_id,
        sent_at__gte=fact.received_at - ORDERED_WITHIN,
        sent_at__lte=fact.received_at + timedelta(minutes=1),
    )
    camera = bytes((channel & 0xFF,))
    return next((one for one in recent.order_by("-sent_at", "-pk")[:10] if bytes(one.body)[:1] == camera), None)


@answers(ShootReply.message_id)
def link_pictures(command: Command, message: Any) -> None:
    """0x0805 says which recordings an order has made: those that are here already, and have no order, get it."""
    ids = getattr(message, "media_ids", None)
    if not ids:
        return
    MediaFile.objects.filter(
        vehicle_id=command.vehicle_id,
        media_id__in=ids,
        command=None,
        received_at__gte=command.sent_at or command.created_at,
    ).update(command=command)
