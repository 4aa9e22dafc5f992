"""Fetches recordings from the call platform (取回录音) and keeps them under their SHA-256.

Only from the hosts that the settings name, without following it elsewhere; streamed to the disk within bounds of size
and time, never held in memory. What is not sound in WAV or MP3 is refused. Whatever is refused says why; its address
stays on the call.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from complaints.calls.models import Call

Recording = Call.Recording
CHUNK_BYTES = 256 * 1024
SILENCE_S = 20
MOST_S = 900  # a hundred megabytes at one a second, and some
MOST_TRIES = 5
PATIENCE = timedelta(minutes=2)
"""Between tries the wait doubles, beginning here."""
_HELD = timedelta(seconds=MOST_S + 60)
"""How long a fetch that has begun keeps others away: longer than any may take."""


class Refused(Exception):
    """The recording is not kept, for the reason given; ``final``: to try again is no use."""

    def __init__(self, reason: str, *, final: bool = True) -> None:
        super().__init__(reason)
        self.final = final


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording on the disk; ``path`` is relative to MEDIA_ROOT."""

    sha256: str
    size_bytes: int
    path: str
    content_type: str
    lasts_s: int | None


def fetch_recording(pk: int, *, now: datetime | None = None) -> None:
    """Fetch the recording of one call, if it waits for that; what came of it is in its row."""
    now = now or timezone.now()
    url = _claim(pk, now)
    if url is None:
        return
    try:
        sound = fetch(url)
    except Refused as refusal:
        _give_up(pk, url, refusal, now)
        return
    changed = {
        "recording_state": Recording.KEPT, "recording_reason": "", "recording_sha256": sound.sha256,
        "recording_type": sound.content_type, "recording_path": sound.path, "recording_size_bytes": sound.size_bytes,
        "recording_due_at": None,
    }  # fmt: skip
    if sound.lasts_s is not None:
        changed["recording_s"] = sound.lasts_s
    Call.objects.filter(pk=pk, recording_url=url).update(**changed)


@transaction.atomic
def _claim(pk: int, now: datetime) -> str | None:
    call = Call.objects.select_for_update(skip_locked=True).filter(pk=pk, recording_state=Recording.WAITING).first()
    if call is None or call.recording_due_at is None or call.recording_due_at > now:
        return None
    call.recording_due_at, call.recording_tries = now + _HELD, F("recording_tries") + 1
    call.save(update_fields=["recording_due_at", "recording_tries"])
    return call.recording_url


@transaction.atomic
def _give_up(pk: int, url: str, refusal: Refused, now: datetime) -> None:
    call = Call.objects.select_for_update().get(pk=pk)
    if call.recording_url != url:
        return
    call.recording_reason = str(refusal)[:200]
    if refusal.final or call.recording_tries >= MOST_TRIES:
        call.recording_state, call.recording_due_at = Recording.REFUSED, None
    else:
        call.recording_due_at = now + PATIENCE * 2 ** (call.recording_tries - 1)
    call.save(update_fields=["recording_reason", "recording_state", "recording_due_at"])


def due(now: datetime) -> list[int]:
    """Calls whose recording waits and may be tried."""
    rows = Call.objects.filter(recording_state=Recording.WAITING, recording_due_at__lte=now)
    return list(rows.order_by("recording_due_at").values_list("pk", flat=True)[:50])


def fetch(url: str) -> Sound:
    """The sound behind ``url``, kept. Raises ``Refused``."""
    parts = urlsplit(url)
    if parts.netloc.lower() not in settings.CALL_RECORDING_HOSTS:
        raise Refused(f"{parts.netloc} 不在允许的录音服务器之列（CALL_RECORDING_HOSTS）")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SILENCE_S)
    folder = Path(settings.MEDIA_ROOT) / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb+") as file:
            try:
                connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
                answer = connection.getresponse()
                size, digest = _stream(answer, file)
            except (OSError, http.client.HTTPException) as fault:
                raise Refused(f"录音服务器没有完整应答：{type(fault).__name__}", final=False) from fault
            content_type, suffix, lasts_s = _sound(file, size)
            file.flush()
            os.fsync(file.fileno())
        relative = f"recordings/{digest[:2]}/{digest}{suffix}"
        target = Path(settings.MEDIA_ROOT) / relative
        target.parent.mkdir(exist_ok=True)
        os.replace(part, target)
        return Sound(digest, size, relative, content_type, lasts_s)
    finally:
        part.unlink(missing_ok=True)
        connection.close()


def _stream(answer: http.client.HTTPResponse, file: BinaryIO) -> tuple[int, str]:
    """Size and SHA-256 of what was written. Raises ``Refused``."""
    if answer.status >= 500:
        raise Refused(f"录音服务器应答 HTTP {answer.status}", final=False)
    if answer.status != 200:
        raise Refused(f"录音服务器应答 HTTP {answer.status}" + ("，不跟随转址" if 300 <= answer.status < 400 else ""))
    most = settings.CALL_RECORDING_MAX_MB * 1024 * 1024
    if answer.length is not None and answer.length > most:
        raise _too_large()
    promised, size, digest, until = answer.length, 0, hashlib.sha256(), time.monotonic() + MOST_S
    while chunk := answer.read1(CHUNK_BYTES):
        size += len(chunk)
        if size > most:
            raise _too_large()
        if time.monotonic() > until:
            raise Refused(f"录音在 {MOST_S // 60} 分钟内没有取完", final=False)
        digest.update(chunk)
        file.write(chunk)
    if promised is not None and size < promised:
        raise Refused(f"录音只来了 {size} 字节，应为 {promised}", final=False)
    return size, digest.hexdigest()


def _too_large() -> Refused:
    return Refused(f"录音超过 {settings.CALL_RECORDING_MAX_MB} MB，没有存档；请在电话平台按原地址收听")


def _sound(file: BinaryIO, size: int) -> tuple[str, str, int | None]:
    """Type, suffix and seconds of the sound in ``file``. Raises ``Refused`` where it is none."""
    file.seek(0)
    head = file.read(4096)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav", ".wav", _wav_seconds(head, size)
    # An MPEG frame begins with eleven bits set; layer 0, bit rate 15 and sampling rate 3 are none.
    frame = len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
    if head[:3] == b"ID3" or (frame and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3):
        return "audio/mpeg", ".mp3", None
    raise Refused("内容不是 WAV 或 MP3 录音，没有存档")


def _wav_seconds(head: bytes, size: int) -> int | None:
    """How long the sound of a WAV file lasts, by the bytes a second that its header says."""
    place = head.find(b"fmt ")
    if place < 0 or place + 20 > len(head):
        return None
    a_second = int.from_bytes(head[place + 16 : place + 20], "little")
    return round((size - 44) / a_second) if a_second else None


def path_of(call: Call) -> Path:
    """Where a kept recording lies."""
    return Path(settings.MEDIA_ROOT) / call.recording_path
