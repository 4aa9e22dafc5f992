"""Hands out a recording in parts (录音播放): the player asks for ranges of bytes, and gets only those."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, StreamingHttpResponse

from complaints.calls.errors import RangeRefused, RecordingMissing

CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def span_of(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte that a ``Range`` header asks for; None for all of it. Raises ``RangeRefused``.

    Several ranges at once, and other units, are answered with the whole, as RFC 9110 §14.2 allows.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:  # the last so many bytes
        length = min(int(last), size)
        if not length:
            raise RangeRefused
        return size - length, size - 1
    start, stop = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size or stop < start:
        raise RangeRefused
    return start, stop


def answer(request: HttpRequest, path: Path, content_type: str) -> StreamingHttpResponse:
    """The file or the part that was asked for. Raises ``RecordingMissing``, ``RangeRefused``."""
    try:
        size = path.stat().st_size
    except OSError:
        raise RecordingMissing from None
    span = span_of(request.headers.get("Range", ""), size)
    start, stop = span or (0, size - 1)
    response = StreamingHttpResponse(_parts(path, start, stop), status=206 if span else 200, content_type=content_type)
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(stop - start + 1)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if span:
        response["Content-Range"] = f"bytes {start}-{stop}/{size}"
    return response


def _parts(path: Path, start: int, stop: int) -> Iterator[bytes]:
    """Piece by piece. Pages run as WSGI: of an asynchronous iterator all would lie in memory before a byte leaves."""
    with path.open("rb") as file:
        file.seek(start)
        left = stop - start + 1
        while left and (chunk := file.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
