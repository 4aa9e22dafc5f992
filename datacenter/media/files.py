"""Where files from terminals lie (多媒体存储): under their SHA-256, their kind found from the content.

The same bytes are kept once. A file is on the disk, whole, before any row speaks of it; it is never written again.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from PIL import Image

from datacenter.media.models import STATE_RECORD, MediaFile
from datacenter.protocols.active_safety.record import BLOCK_BYTES, read_record
from datacenter.protocols.errors import ProtocolError

Kind = MediaFile.Kind
HEAD_BYTES = 4096
MOST_PIXELS = 60_000_000  # a picture that unpacks to more is an attack, not evidence
_PICTURES = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
    "GIF": ("image/gif", ".gif"),
    "BMP": ("image/bmp", ".bmp"),
    "TIFF": ("image/tiff", ".tif"),
}
# How a file begins, and at byte 8 where that counts too: kind, type, suffix.
_BEGINNINGS: tuple[tuple[bytes, bytes, Kind, str, str], ...] = (
    (b"RIFF", b"WAVE", Kind.AUDIO, "audio/wav", ".wav"),
    (b"RIFF", b"AVI ", Kind.VIDEO, "video/x-msvideo", ".avi"),
    (b"ID3", b"", Kind.AUDIO, "audio/mpeg", ".mp3"),
    (b"\xff\xfb", b"", Kind.AUDIO, "audio/mpeg", ".mp3"),
    (b"#!AMR", b"", Kind.AUDIO, "audio/amr", ".amr"),
    (b"\x30\x26\xb2\x75", b"", Kind.VIDEO, "video/x-ms-wmv", ".wmv"),
)
_START_CODES = (b"\x00\x00\x00\x01", b"\x00\x00\x01")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the bytes of a file say it is."""

    kind: Kind
    content_type: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is on the disk; ``path`` is relative to MEDIA_ROOT."""

    sha256: str
    size_bytes: int
    path: str
    what: Recognised


def recognise(file: BinaryIO) -> Recognised:
    """What ``file`` is by its content; read from its beginning, and left there."""
    file.seek(0, os.SEEK_END)
    size = file.tell()
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        return _picture(file) or _record(file, size) or _recording(head) or _text(file, size)
    finally:
        file.seek(0)


def _picture(file: BinaryIO) -> Recognised | None:
    try:
        file.seek(0)
        with Image.open(file) as picture:
            known = _PICTURES.get(picture.format or "")
            if known is None or picture.width * picture.height > MOST_PIXELS:
                return None
    except Exception:  # Pillow raises whatever its decoders raise on hostile bytes
        return None
    return Recognised(Kind.IMAGE, *known)


def _recording(head: bytes) -> Recognised | None:
    for beginning, inside, kind, content_type, suffix in _BEGINNINGS:
        if head.startswith(beginning) and (not inside or head[8:12] == inside):
            return Recognised(kind, content_type, suffix)
    start = next((code for code in _START_CODES if head.startswith(code)), b"")
    if start and len(head) > len(start) and (kind_of_unit := _unit(head[len(start)])):
        return Recognised(Kind.VIDEO, kind_of_unit, f".{kind_of_unit[-4:]}")
    if head[4:8] == b"ftyp":
        return Recognised(Kind.VIDEO, "video/mp4", ".mp4")
    return None


def _unit(first: int) -> str:
    """The coding of a bare video stream by the first byte of its first unit: parameter sets, or a picture."""
    if first & 0x80:
        return ""
    if first >> 1 in (32, 33, 34, 35, 39):  # H.265: VPS, SPS, PPS, delimiter, SEI
        return "video/h265"
    return "video/h264" if first & 0x1F in (1, 5, 6, 7, 8, 9) else ""


def _record(file: BinaryIO, size: int) -> Recognised | None:
    """A vehicle state record: blocks of 64 bytes, each with its check byte; the first and the last are looked at."""
    if not size or size % BLOCK_BYTES:
        return None
    file.seek(0)
    ends = file.read(BLOCK_BYTES)
    file.seek(size - BLOCK_BYTES)
    ends += file.read(BLOCK_BYTES)
    try:
        read_record(ends)
    except ProtocolError:
        return None
    return Recognised(Kind.TEXT, STATE_RECORD, ".bin")


def _text(file: BinaryIO, size: int) -> Recognised:
    file.seek(0)
    if size <= 1 << 20:
        raw = file.read()
        for encoding in ("utf-8", "gb18030"):
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            if all(sign.isprintable() or sign in "\r\n\t" for sign in text):
                return Recognised(Kind.TEXT, f"text/plain; charset={encoding}", ".txt")
    return Recognised(Kind.OTHER, "application/octet-stream", ".bin")


def keep_bytes(data: bytes) -> Kept:
    """Put ``data`` on the disk."""
    what = recognise(io.BytesIO(data))
    digest = hashlib.sha256(data).hexdigest()
    relative, target = _place(digest, what)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    return Kept(digest, len(data), relative, what)


def keep_file(part: Path) -> Kept:
    """Move a whole file into its place; ``part`` is gone then. It has to lie on the disk of MEDIA_ROOT."""
    digest, size = hashlib.sha256(), 0
    with part.open("rb+") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
        what = recognise(file)
        os.fsync(file.fileno())
    relative, target = _place(digest.hexdigest(), what)
    if target.exists():
        part.unlink()
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, target)
    return Kept(digest.hexdigest(), size, relative, what)


def _place(digest: str, what: Recognised) -> tuple[str, Path]:
    relative = f"terminal/{digest[:2]}/{digest}{what.suffix}"
    return relative, Path(settings.MEDIA_ROOT) / relative


def path_of(file: MediaFile) -> Path:
    """Where a file lies."""
    return Path(settings.MEDIA_ROOT) / file.path
