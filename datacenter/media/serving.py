"""Sends files from terminals (多媒体查看): pictures and recordings as what their bytes say, the rest to be saved."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse, HttpResponse

from datacenter.cases.pictures import GUARD, picture_type, small_copy
from datacenter.media.errors import MediaNotFound
from datacenter.media.files import path_of
from datacenter.media.models import MediaFile

_PLAYED = {"audio/wav", "audio/mpeg", "audio/amr", "video/mp4"}
"""What a page may show besides pictures; everything else is only saved."""


def original(file: MediaFile) -> FileResponse:
    """The file as it came."""
    path = _path(file)
    content_type = picture_type(path) if file.is_image else file.content_type if file.content_type in _PLAYED else None
    return FileResponse(
        path.open("rb"),
        as_attachment=content_type is None,
        filename=f"{file.vehicle.plate}-{file.received_at:%Y%m%d%H%M%S}-{file.pk}{path.suffix}",
        content_type=content_type or "application/octet-stream",
        headers=GUARD,
    )


def thumbnail(file: MediaFile) -> HttpResponse:
    """A small picture. Raises ``MediaNotFound`` where there is none to be had."""
    if not file.is_image:
        raise MediaNotFound("这个文件没有缩略图", pk=file.pk)
    try:
        content = small_copy(_path(file))
    except (OSError, SyntaxError, ValueError) as fault:  # breaks off in the middle: kept, not drawn
        raise MediaNotFound("图片不完整，不能显示缩略图", pk=file.pk) from fault
    return HttpResponse(content, content_type="image/jpeg", headers=GUARD)


def _path(file: MediaFile) -> Path:
    path = path_of(file)
    if not path.is_file():
        raise MediaNotFound("文件不在存储中，请联系系统管理员", pk=file.pk)
    return path
