"""Files that prove something (证据材料): named by their SHA-256, their type found from their content.

What an officer uploads is stored byte for byte (the picture's own record of time and place is evidence); what the name
or the browser says of it counts for nothing.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from PIL import Image

from datacenter.cases.errors import FieldRefused

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_PHOTOS = 9
_MAX_PIXELS = 60_000_000  # a picture that unpacks to more is an attack, not evidence
_TYPES = {"JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png"), "WEBP": ("image/webp", ".webp")}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is on the disk: ``path`` is relative to MEDIA_ROOT."""

    name: str
    content_type: str
    sha256: str
    size_bytes: int
    path: str


def check_photo(upload: UploadedFile) -> tuple[str, str]:
    """Media type and suffix of an uploaded picture; raises ``FieldRefused`` naming the file, the size or the rule."""
    if upload.size is None or upload.size > MAX_PHOTO_BYTES:
        raise FieldRefused("photos", f"照片 {upload.name} 超过 {MAX_PHOTO_BYTES // 1024 // 1024} MB")
    try:
        upload.seek(0)
        with Image.open(upload) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise FieldRefused("photos", f"照片 {upload.name} 像素过大")
            kind = picture.format or ""
            picture.verify()
        upload.seek(0)
        with Image.open(upload) as picture:  # verify() does not notice a picture that ends too early
            picture.load()
    except FieldRefused:
        raise
    except Exception as error:  # Pillow raises whatever its decoders raise on hostile bytes
        raise FieldRefused("photos", f"{upload.name} 不是可识别的照片（JPEG、PNG、WebP）") from error
    finally:
        upload.seek(0)
    if kind not in _TYPES:
        raise FieldRefused("photos", f"{upload.name} 是 {kind} 格式，只接受 JPEG、PNG、WebP")
    return _TYPES[kind]


def store_photo(upload: UploadedFile) -> StoredFile:
    """Check and keep an uploaded picture; the same bytes are kept once. Raises ``FieldRefused``."""
    return keep(upload, *check_photo(upload))


def keep(upload: UploadedFile, content_type: str, suffix: str) -> StoredFile:
    """Keep an uploaded file whose content was checked to be of this type; the same bytes are kept once."""
    digest = hashlib.sha256()
    upload.seek(0)
    for chunk in upload.chunks():
        digest.update(chunk)
    name = digest.hexdigest()
    relative = f"evidence/{name[:2]}/{name}{suffix}"
    target = Path(settings.MEDIA_ROOT) / relative
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        with os.fdopen(descriptor, "wb") as file:
            upload.seek(0)
            for chunk in upload.chunks():
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    return StoredFile((upload.name or "")[-120:], content_type, name, upload.size or 0, relative)
