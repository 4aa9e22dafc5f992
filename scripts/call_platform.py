"""The reference client of the call platform's webhook (电话平台参考客户端): plays a day of calls against a house.

Stands alone: nothing but Python's library, so that a platform's maker can read it and try it. Signs as
docs/telephony.md says; the secret comes from CALL_PLATFORM_SECRET. With ``--doubled`` every event is sent twice, with
``--shuffled`` in any order, as by a platform that repeats what it thinks was lost. Serves small WAV recordings while
it runs. Prints one line of JSON; ends with 1 where a call was lost or doubled, 2 where it was refused.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import io
import json
import os
import random
import struct
import sys
import threading
import time
import wave
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

SHANGHAI = timezone(timedelta(hours=8))
MOST_ASKED = 200


def sound(seconds: int, number: int) -> bytes:
    """A WAV of silence with a mark of its own: 8 kHz, 8 bit, so that two hours are 57 MB."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(struct.pack("<I", number) + b"\x80" * (8000 * seconds - 4))
    return buffer.getvalue()


class Recordings(BaseHTTPRequestHandler):
    """Answers ``/<number>.wav``, as a platform's recording server does."""

    def do_GET(self) -> None:
        """One recording."""
        name = self.path.strip("/").removesuffix(".wav")
        if not name.isdigit():
            self.send_error(404)
            return
        body = sound(2, int(name))
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet: the one line at the end says it all."""


class Refused(Exception):
    """The house did not take what was sent."""


class Platform:
    """Signs and sends; keeps one connection."""

    def __init__(self, url: str, secret: str) -> None:
        self.parts, self.secret = urlsplit(url), secret
        self._connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.parts.scheme == "https" else http.client.HTTPConnection
        return kind(self.parts.hostname or "", self.parts.port, timeout=30)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer, read. Tries once more where the connection had ended; whatever is not 2xx ends the play."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        moment = str(int(time.time()))
        signed = hmac.new(self.secret.encode(), moment.encode() + b"." + raw, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Call-Timestamp": moment,
            "X-Call-Signature": f"sha256={signed}",
        }
        for again in (True, False):
            try:
                self._connection.request("POST", self.parts.path.rstrip("/") + path, raw, headers)
                answer = self._connection.getresponse()
                text = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = self._connect()
                if not again:
                    raise
        if not 200 <= answer.status < 300:
            raise Refused(f"{path} answered {answer.status}: {text[:300].decode(errors='replace')}")
        return json.loads(text)


def day_of(calls: int, draw: random.Random, run: str, recordings: str, missed: int) -> list[dict[str, Any]]:
    """The events of a day, as they happen: ``calls`` that are answered and ``missed`` that are not."""
    events = []
    midnight = datetime.now(SHANGHAI) - timedelta(hours=24)
    for number in range(calls + missed):
        call = f"{run}-{number:04d}"
        at = midnight + timedelta(seconds=draw.randrange(60, 23 * 3600))
        desk = {"extension": str(8001 + number % 4), "agent_name": f"坐席{1 + number % 4}"}
        story: list[tuple[str, int, dict[str, Any]]] = [
            ("ringing", 0, {"caller": f"1{draw.choice('3578')}{draw.randrange(10**9):09d}", "called": "12328", **desk})
        ]
        rings, lasts = draw.randrange(2, 25), draw.randrange(30, 600)
        if number < calls:
            story.append(("answered", rings, desk))
            story.append(("hung_up", rings + lasts, {}))
            if recordings:
                url = {"recording_url": f"{recordings}/{number}.wav", "recording_s": 2}
                story.append(("recording", rings + lasts + 5, url))
        else:
            story.append(("hung_up", rings, {}))
        for kind, after, more in story:
            moment = (at + timedelta(seconds=after)).isoformat(timespec="seconds")
            events.append({"event_id": f"{call}-{kind}", "call_id": call, "kind": kind, "at": moment, **more})
    return sorted(events, key=lambda event: str(event["at"]))


def deliver(url: str, secret: str, events: list[dict[str, Any]]) -> None:
    """Send events one after another over a connection of their own."""
    platform = Platform(url, secret)
    for event in events:
        platform.post("/api/v1/calls/events/", event)


def standings(platform: Platform, calls: list[str]) -> list[dict[str, Any]]:
    """How the calls stand on the other side."""
    found: list[dict[str, Any]] = []
    for first in range(0, len(calls), MOST_ASKED):
        found += platform.post("/api/v1/calls/standings/", {"call_ids": calls[first : first + MOST_ASKED]})
    return found


def played(options: argparse.Namespace, secret: str) -> dict[str, Any]:
    """Plays the day and says what became of it."""
    draw = random.Random(options.seed)  # noqa: S311  a made-up day, the same for one seed
    server = ThreadingHTTPServer((options.recording_host, options.recording_port), Recordings)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    recordings = "" if options.no_recordings else f"http://{options.recording_host}:{server.server_port}"
    events = day_of(options.calls, draw, options.run or f"ref{int(time.time())}", recordings, options.missed)
    sent = events * 2 if options.doubled else list(events)
    if options.shuffled:
        draw.shuffle(sent)
    platform = Platform(options.url, secret)
    started = time.monotonic()
    with ThreadPoolExecutor(options.senders) as senders:
        shares = [sent[first :: options.senders] for first in range(options.senders)]
        list(senders.map(lambda share: deliver(options.url, secret, share), shares))
    took = time.monotonic() - started
    by_call = Counter(str(event["call_id"]) for event in events)
    answered = {str(event["call_id"]) for event in events if event["kind"] == "answered"}
    found = standings(platform, list(by_call))
    if recordings and options.wait_s:
        until = time.monotonic() + options.wait_s
        while any(one["recording"] == "waiting" for one in found) and time.monotonic() < until:
            time.sleep(0.5)
            found = standings(platform, list(by_call))
    server.shutdown()
    orders = Counter(one["order"] for one in found if one["order"])
    return {
        "calls": len(answered),
        "missed": len(by_call) - len(answered),
        "events": len(events),
        "sent": len(sent),
        "orders": len(orders),
        "lost": sum(1 for one in found if one["call_id"] in answered and not one["order"])
        + sum(1 for one in found if one["events"] < by_call[one["call_id"]]),
        "doubled": sum(count - 1 for count in orders.values())
        + sum(1 for one in found if one["order"] and one["call_id"] not in answered)
        + sum(1 for one in found if one["events"] > by_call[one["call_id"]]),
        "recordings": dict(Counter(one["recording"] for one in found)),
        "seconds": round(took, 2),
    }


def main(arguments: list[str] | None = None) -> int:
    """0 where every answered call has one order of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the house")
    parser.add_argument("--calls", type=int, default=79, help="calls that are answered")
    parser.add_argument("--missed", type=int, default=0, help="calls that are not, besides")
    parser.add_argument("--doubled", action="store_true", help="send every event twice")
    parser.add_argument("--shuffled", action="store_true", help="send events in any order")
    parser.add_argument("--senders", type=int, default=1, help="how many send side by side")
    parser.add_argument("--seed", type=int, default=1, help="one seed, one day")
    parser.add_argument("--run", default="", help="how the calls' numbers begin; the same again is the same day again")
    parser.add_argument("--recording-host", default="127.0.0.1", help="where recordings are served")
    parser.add_argument("--recording-port", type=int, default=0, help="0: any; CALL_RECORDING_HOSTS must name it")
    parser.add_argument("--no-recordings", action="store_true", help="send no recording events")
    parser.add_argument("--wait-s", type=float, default=0, help="how long to wait for recordings to be fetched")
    options = parser.parse_args(arguments)
    secret = os.environ.get("CALL_PLATFORM_SECRET", "")
    if not secret:
        parser.error("CALL_PLATFORM_SECRET is not set")
    try:
        result = played(options, secret)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 2
    print(json.dumps(result))
    return 1 if result["lost"] or result["doubled"] else 0


if __name__ == "__main__":
    sys.exit(main())
