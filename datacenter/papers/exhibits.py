"""The files of a case on paper (照片、视频及其保管记录): what each is, whence, its digest, a small print of pictures.

Each file is read back from the disk and its digest compared: a paper never vouches for bytes that nobody looked at.
"""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import Image, ImageOps

from datacenter.cases.models import Case, CaseAttachment, CaseEvent
from datacenter.detection.models import Finding
from datacenter.media.models import MediaFile
from datacenter.media.selectors import files_of
from datacenter.tracks.store import SHANGHAI

MOST = 40
"""Files that one paper lists."""
MOST_PRINTED = 24
PRINT_PX = 1100
_MOST_PIXELS = 60_000_000


def of_case(
    case: Case, finding: Finding, events: list[CaseEvent], user: Any
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What the paper says of the files, and the prints by name."""
    from_vehicle = _from_vehicle(finding, user)
    entries = [_entry_of_media(file) for file in from_vehicle]
    entries += [_entry_of_attachment(one, event) for event in events for one in event.attachments.all()]
    prints: dict[str, bytes] = {}
    for number, entry in enumerate(entries[:MOST], 1):
        entry["number"] = number
        path = Path(settings.MEDIA_ROOT) / entry.pop("path")
        entry["check"], entry["intact"] = _checked(path, entry["sha256"])
        entry["picture"] = ""
        if entry.pop("image") and entry["intact"] and len(prints) < MOST_PRINTED:
            small = _print_of(path)
            if small is None:
                entry["check"] += "；图像不完整或不能识别，未印出"
            else:
                entry["picture"] = f"exhibit{number}.jpg"
                prints[entry["picture"]] = small
    shown = {
        "files": entries[:MOST],
        "left_out": max(0, len(entries) - MOST),
        "vehicle_files_hidden": not user.may("media.view"),
    }
    return shown, prints


def _from_vehicle(finding: Finding, user: Any) -> list[MediaFile]:
    """Files that the vehicle sent of the span, and those that told of the finding, where the reader may see them."""
    rows = list(files_of(finding, user)[: MOST + 1])
    return sorted(rows, key=lambda file: (file.device_time or file.received_at, file.pk))


def _entry_of_media(file: MediaFile) -> dict[str, Any]:
    channel = "" if file.channel is None else f"通道 {file.channel}"
    taken = _moment(file.device_time) if file.device_time else "终端未报时间"
    return {
        "title": " · ".join(filter(None, (file.kind_words, channel, file.reason))),
        "name": file.name or ("终端未命名" if file.media_id is None else f"终端多媒体 ID {file.media_id}"),
        "source": f"{file.get_source_display()}，拍摄 {taken}",
        "custody": f"{_moment(file.received_at)} 由终端上传，系统接收入库",
        "sha256": file.sha256,
        "size": _size(file.size_bytes),
        "image": file.is_image,
        "path": file.path,
    }


def _entry_of_attachment(attachment: CaseAttachment, event: CaseEvent) -> dict[str, Any]:
    return {
        "title": f"办理记录第 {event.sequence} 条附件（{event.get_verb_display()}）",
        "name": attachment.name,
        "source": f"{event.by_name} 上传",
        "custody": f"{_moment(event.at)} 随办理记录第 {event.sequence} 条入链",
        "sha256": attachment.sha256,
        "size": _size(attachment.size_bytes),
        "image": attachment.content_type.startswith("image/"),
        "path": attachment.path,
    }


def _checked(path: Path, sha256: str) -> tuple[str, bool]:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return "存储中没有该文件", False
    if digest.hexdigest() != sha256:
        return "与存储中的文件不符，文件可能已被改动", False
    return "已与存储中的文件核对一致", True


def _print_of(path: Path) -> bytes | None:
    """A small upright JPEG; None for a picture that cannot be read whole."""
    out = io.BytesIO()
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            picture.draft("RGB", (PRINT_PX, PRINT_PX))
            small = ImageOps.exif_transpose(picture) or picture
            small.thumbnail((PRINT_PX, PRINT_PX))
            small.convert("RGB").save(out, "JPEG", quality=82)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return out.getvalue()


def _size(size_bytes: int) -> str:
    return f"{size_bytes:,} 字节"


def _moment(value: datetime) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
