"""Events as the call platform sends them, and a recording server on loopback."""

from __future__ import annotations

import io
import json
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from complaints.calls import workflow
from complaints.calls.models import Call, DeskExtension
from complaints.calls.reading import read_event
from complaints.calls.signing import signature_of
from datacenter.accounts.models import User

CALLER = "13998765432"
EVENTS = "/api/v1/calls/events/"


def event(
    kind: str, call: str = "c1", after_s: int = 0, *, start: datetime | None = None, **more: Any
) -> dict[str, Any]:
    """One event as JSON; ``after_s`` seconds after the call's beginning, an hour ago."""
    at = (start or timezone.now() - timedelta(hours=1)) + timedelta(seconds=after_s)
    base: dict[str, Any] = {"ringing": {"caller": CALLER, "called": "12328", "extension": "8001"}}.get(kind, {})
    if kind == "answered":
        base = {"extension": "8001"}
    return {"event_id": f"{call}-{kind}", "call_id": call, "kind": kind, "at": at.isoformat(), **base, **more}


def tell(body: dict[str, Any]) -> Call:
    """Take one event in, past the border."""
    return workflow.take_in(read_event(body, now=timezone.now()))


def post(body: Any, *, path: str = EVENTS, secret: str = "", moment: int | None = None, raw: bytes = b"") -> Any:
    """A signed request of the platform."""
    raw = raw or json.dumps(body).encode()
    stamp = str(int(time.time()) if moment is None else moment)
    signature = signature_of(secret or settings.CALL_PLATFORM_SECRET, stamp, raw)
    headers = {"X-Call-Timestamp": stamp, "X-Call-Signature": signature}
    return Client().post(path, raw, content_type="application/json", headers=headers)


@pytest.fixture
def desk(hotline_operator: User) -> DeskExtension:
    """DeskExtension 8001, at the operator's desk."""
    return DeskExtension.objects.create(number="8001", operator=hotline_operator)


@pytest.fixture
def answered(desk: DeskExtension) -> Call:
    """A call that the operator answered and that has ended."""
    tell(event("ringing"))
    tell(event("answered", after_s=5))
    return tell(event("hung_up", after_s=65))


def wav(seconds: int = 2) -> bytes:
    """Silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 8000 * seconds)
    return buffer.getvalue()


@dataclass
class RecordingServer:
    """Answers every path with ``body``; ``said_length`` is told in place of its length, ``stream`` makes the body."""

    host: str = ""
    body: bytes = field(default_factory=wav)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    said_length: int | None = None
    stream: Callable[[], Iterator[bytes]] | None = None
    asked: int = 0
    path: str = ""

    @property
    def url(self) -> str:
        """Where the recording is."""
        return f"http://{self.host}/r/1.wav"


@contextmanager
def _serving() -> Iterator[RecordingServer]:
    kept = RecordingServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept.asked, kept.path = kept.asked + 1, self.path
            self.send_response(kept.status)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            if kept.stream is None:
                length = len(kept.body) if kept.said_length is None else kept.said_length
                self.send_header("Content-Length", str(length))
            self.end_headers()
            try:
                for part in kept.stream() if kept.stream else (kept.body,):
                    self.wfile.write(part)
            except OSError:
                pass  # the other side has had enough

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        kept.host = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()


@pytest.fixture
def recordings(settings: Any, tmp_path: Any) -> Iterator[RecordingServer]:
    """A recording server that the settings allow; files lie under ``tmp_path``."""
    settings.MEDIA_ROOT = tmp_path
    with _serving() as server:
        settings.CALL_RECORDING_HOSTS = (server.host,)
        yield server
