"""Recordings are fetched from named servers alone, within bounds, and kept with their hash; or it is said why not."""

from __future__ import annotations

import hashlib
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from complaints.calls import recordings as fetching
from complaints.calls.models import Call, DeskExtension
from complaints.calls.recordings import due, fetch_recording
from complaints.calls.tasks import look_after
from tests.complaints.calls.conftest import RecordingServer, event, tell, wav

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(desk: DeskExtension, recordings: RecordingServer) -> Call:
    """A call whose recording waits."""
    tell(event("answered"))
    return tell(event("recording", after_s=60, recording_url=recordings.url, recording_s=99))


def fetched(call: Call) -> Call:
    """The call after one try, whenever that was due."""
    fetch_recording(call.pk, now=timezone.now() + timedelta(days=1))
    call.refresh_from_db()
    return call


def test_a_recording_is_kept_under_its_hash(waiting: Call, recordings: RecordingServer, tmp_path: Path) -> None:
    look_after()
    waiting.refresh_from_db()
    digest = hashlib.sha256(recordings.body).hexdigest()
    assert (waiting.recording_state, waiting.recording_sha256) == ("kept", digest)
    assert (waiting.recording_type, waiting.recording_s) == ("audio/wav", 2)
    assert (tmp_path / waiting.recording_path).read_bytes() == recordings.body
    fetched(waiting)
    assert recordings.asked == 1
    assert not list(tmp_path.rglob(".part-*"))


def test_an_mp3_is_a_recording(waiting: Call, recordings: RecordingServer) -> None:
    recordings.body = b"\xff\xfb\x90\x64" + b"\0" * 2000
    assert (fetched(waiting).recording_state, waiting.recording_type) == ("kept", "audio/mpeg")
    assert waiting.recording_s == 99  # as the platform said


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"body": b"<html>" * 100}, "WAV 或 MP3"),
        ({"body": b""}, "WAV 或 MP3"),
        ({"body": b"\xff\xff\xff\xff" * 100}, "WAV 或 MP3"),
        ({"status": 404}, "HTTP 404"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/secret"}}, "不跟随转址"),
        ({"said_length": 3 << 20}, "超过 1 MB"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_reason(
    waiting: Call, recordings: RecordingServer, settings: Any, tmp_path: Path, made: dict[str, Any], reason: str
) -> None:
    settings.CALL_RECORDING_MAX_MB = 1
    for name, value in made.items():
        setattr(recordings, name, value)
    assert fetched(waiting).recording_state == "refused"
    assert reason in waiting.recording_reason
    assert waiting.recording_url == recordings.url
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("rest", "path"), [("", "/"), ("?id=7", "/?id=7"), ("/r/7.wav?a=b#c", "/r/7.wav?a=b")])
def test_a_recording_is_asked_for_by_its_very_path(
    desk: DeskExtension, recordings: RecordingServer, rest: str, path: str
) -> None:
    tell(event("answered"))
    call = tell(event("recording", after_s=60, recording_url=f"http://{recordings.host}{rest}"))
    assert fetched(call).recording_state == "kept"
    assert recordings.path == path


def test_only_named_servers_are_asked(waiting: Call, recordings: RecordingServer, settings: Any) -> None:
    settings.CALL_RECORDING_HOSTS = ("records.example.cn",)
    assert fetched(waiting).recording_state == "refused"
    assert "CALL_RECORDING_HOSTS" in waiting.recording_reason
    assert recordings.asked == 0


def test_a_server_that_is_away_is_asked_again_later_and_at_last_no_more(
    waiting: Call, recordings: RecordingServer
) -> None:
    recordings.status = 503
    assert fetched(waiting).recording_state == "waiting"
    assert waiting.pk not in due(timezone.now())
    for _ in range(fetching.MOST_TRIES):
        Call.objects.filter(recording_state="waiting").update(recording_due_at=timezone.now())
        fetched(waiting)
    assert (waiting.recording_state, recordings.asked) == ("refused", fetching.MOST_TRIES)
    assert "HTTP 503" in waiting.recording_reason


def test_a_recording_that_breaks_off_is_asked_for_again(waiting: Call, recordings: RecordingServer) -> None:
    recordings.said_length = len(recordings.body) + 5000
    assert fetched(waiting).recording_state == "waiting"
    assert "应为" in waiting.recording_reason or "没有完整应答" in waiting.recording_reason


def test_two_hours_stream_to_the_disk_and_never_lie_in_memory(
    waiting: Call, recordings: RecordingServer, settings: Any
) -> None:
    part = b"\x80" * (1 << 20)
    recordings.stream = lambda: iter([wav(1), *[part] * 110])
    tracemalloc.start()
    try:
        assert fetched(waiting).recording_state == "kept"
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert waiting.recording_size_bytes == len(wav(1)) + 110 * len(part)


def test_a_stream_without_an_end_is_cut_at_the_bound(
    waiting: Call, recordings: RecordingServer, settings: Any, tmp_path: Path
) -> None:
    settings.CALL_RECORDING_MAX_MB = 2

    def endless() -> Any:
        yield wav(1)
        while True:
            yield b"\x80" * 65536

    recordings.stream = endless
    assert fetched(waiting).recording_state == "refused"
    assert "超过 2 MB" in waiting.recording_reason
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
