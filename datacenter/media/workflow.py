"""The verbs of codes and profiles, and of attachments that arrive (主动安全设置、报警附件入库)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.forms.models import model_to_dict
from django.utils import timezone

from datacenter.media import files
from datacenter.media.errors import OtherThanListed, UnknownAlarm
from datacenter.media.models import SECTION, MediaFile, SafetyAlarm, SafetyEventCode, SafetyTableChange, TerminalProfile
from datacenter.protocols.active_safety.errors import BadFileName
from datacenter.protocols.active_safety.files import read_name
from datacenter.tracks import changes


def save_line(line: SafetyEventCode | TerminalProfile, *, by: Any) -> None:
    """Keep a code or a profile, and what it was before; nothing where nothing changed."""
    with transaction.atomic():
        known = type(line).objects.select_for_update().filter(pk=line.pk).first() if line.pk else None
        before = _facts(known) if known is not None else {}
        if before == _facts(line):
            return
        line.save()
        owner = {"code": line} if isinstance(line, SafetyEventCode) else {"profile": line}
        SafetyTableChange.objects.create(at=timezone.now(), by=by, before=before, after=_facts(line), **owner)


def _facts(line: Model) -> dict[str, Any]:
    return model_to_dict(line, exclude=["id"])


def alarm_awaiting(alarm_no: str, phone: str) -> SafetyAlarm:
    """The alarm that attachments are brought for. Raises ``UnknownAlarm``: not ours, or another terminal's."""
    alarm = SafetyAlarm.objects.filter(alarm_no=alarm_no).first()
    if alarm is None or alarm.phone != phone:
        raise UnknownAlarm(alarm_no)
    return alarm


def names_received(alarm: SafetyAlarm) -> set[str]:
    """The files of an alarm that are safe already."""
    return set(MediaFile.objects.filter(alarm=alarm).values_list("name", flat=True))


def upload_begins(alarm: SafetyAlarm, count: int, *, resent: bool) -> None:
    """The terminal has listed ``count`` files; more or fewer than the report said, the list is what comes.

    A list sent again (补传), or behind a file that is here, may hold only what is left: it makes nothing fewer.
    """
    with transaction.atomic():
        row = SafetyAlarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
        if resent or row.attachments_received:
            count = max(count, row.attachments_expected)
        row.attachments_expected, row.state = count, _state(row.attachments_received, count)
        row.save(update_fields=["attachments_expected", "state"])


def attachment_arrives(
    alarm: SafetyAlarm, part: Path, *, name: str, listed_bytes: int, received_at: datetime
) -> MediaFile:
    """A whole attachment becomes a file of ours: hashed, moved in place, its row and its alarm's in one transaction.

    Twice is once. Raises ``OtherThanListed`` where the disk holds another size than the list says.
    """
    found = part.stat().st_size
    if found != listed_bytes:
        raise OtherThanListed(name, listed_bytes, found)
    kept = files.keep_file(part)
    row = MediaFile(
        vehicle_id=alarm.vehicle_id,
        county_id=alarm.county_id,
        company_id=alarm.company_id,
        kind=kept.what.kind,
        source=MediaFile.Source.ATTACHMENT,
        event=alarm.event,
        reason=alarm.title,
        name=name.replace("\0", "")[:120],
        device_time=alarm.device_time,
        received_at=received_at,
        latitude_e6=alarm.latitude_e6,
        longitude_e6=alarm.longitude_e6,
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        content_type=kept.what.content_type,
        path=kept.path,
        channel=_channel(name),
        alarm=alarm,
        command_id=alarm.command_id,
    )
    with transaction.atomic():
        locked = SafetyAlarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
        MediaFile.objects.bulk_create([row], ignore_conflicts=True)
        locked.attachments_received = MediaFile.objects.filter(alarm=alarm).count()
        locked.state = _state(locked.attachments_received, locked.attachments_expected)
        locked.save(update_fields=["attachments_received", "state"])
        changes.on_commit(alarm.vehicle_id, SECTION)
    return row


def _state(received: int, expected: int) -> str:
    return SafetyAlarm.State.COMPLETE if received >= expected else SafetyAlarm.State.UPLOADING


def _channel(name: str) -> int | None:
    """The camera that the name gives, where it follows the text's pattern."""
    try:
        return read_name(name).channel
    except BadFileName:
        return None
