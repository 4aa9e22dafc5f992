"""Pictures and what pretends to be one."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

MAKE, TAKEN = 271, 306  # EXIF tags


def image(kind: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, (30, 90, 160)).save(content, kind, **options)
    return content.getvalue()


def jpeg(**options: Any) -> bytes:
    return image("JPEG", **options)


def jpeg_of_a_camera() -> bytes:
    """A JPEG that says which camera took it and when."""
    exif = Image.Exif()
    exif[MAKE], exif[TAKEN] = "PANJIN-CAM", "2026:11:22 08:00:00"
    return jpeg(exif=exif)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head claims many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def upload(content: bytes, name: str = "现场.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=content_type)
