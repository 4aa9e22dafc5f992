"""Sends the files of a case (附件): a picture as the type its bytes say, anything else only to be saved."""

import io
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpResponse
from PIL import Image, ImageOps

from datacenter.cases.errors import CaseNotFound
from datacenter.cases.models import CaseAttachment

THUMB_PX = 320
_SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# Whatever a file turns out to be, it is no page: no script, no frame, nothing from it runs under our address.
GUARD = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=3600",
}


def original(attachment: CaseAttachment) -> FileResponse:
    """The file as it was uploaded."""
    path = _path(attachment)
    content_type = picture_type(path)
    response = FileResponse(
        path.open("rb"),
        as_attachment=content_type is None,
        filename=attachment.name or path.name,
        content_type=content_type or "application/octet-stream",
        headers=GUARD,
    )
    return response


def thumbnail(attachment: CaseAttachment) -> HttpResponse:
    """A small JPEG of a picture, upright, without what the camera wrote into it."""
    path = _path(attachment)
    if picture_type(path) is None:
        raise CaseNotFound(attachment=attachment.pk)
    try:
        content = small_copy(path)
    except (OSError, SyntaxError, ValueError) as fault:  # breaks off in the middle: kept, not drawn
        raise CaseNotFound("照片不完整，不能显示缩略图", attachment=attachment.pk) from fault
    return HttpResponse(content, content_type="image/jpeg", headers=GUARD)


def small_copy(path: Path) -> bytes:
    """The thumbnail's bytes. Raises ``OSError``, ``SyntaxError`` or ``ValueError`` on a picture that breaks off."""
    content = io.BytesIO()
    with Image.open(path) as picture:
        picture.draft("RGB", (THUMB_PX, THUMB_PX))
        small = ImageOps.exif_transpose(picture) or picture
        small.thumbnail((THUMB_PX, THUMB_PX))
        small.convert("RGB").save(content, "JPEG", quality=80)
    return content.getvalue()


def _path(attachment: CaseAttachment) -> Path:
    path = Path(settings.MEDIA_ROOT) / attachment.path
    if not path.is_file():
        raise CaseNotFound("附件文件不在存储中，请联系系统管理员", attachment=attachment.pk)
    return path


def picture_type(path: Path) -> str | None:
    """The type that the bytes say, whatever was claimed; None if they are no picture."""
    try:
        with Image.open(path) as picture:
            return _SHOWN.get(picture.format or "")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
