"""An officer who has signed in and keeps the live map open, without a browser (值守): for soak runs and benchmarks."""

from __future__ import annotations

import http.cookiejar
import json
import re
import threading
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from datacenter.tracks import frames

CITY_BOX = [121.3, 40.55, 122.75, 41.55]
_PING_S = 20.0  # as the page does


def sign_in(url: str, username: str, password: str) -> str:
    """The Cookie header of a session, by the login page. Raises ``AssertionError`` when it is refused."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{url}/login/", timeout=20).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, "the login page has no form"
    form = {"csrfmiddlewaretoken": found[1], "username": username, "password": password}
    request = urllib.request.Request(
        f"{url}/login/", urllib.parse.urlencode(form).encode(), {"Referer": f"{url}/login/"}
    )
    opener.open(request, timeout=20).read()
    cookies = {cookie.name: cookie.value for cookie in jar}
    assert "sessionid" in cookies, f"{username} was not let in"
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


class Watcher:
    """One open map of the whole city; ``with`` opens and closes it. Reads all that comes, in a thread."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.frames = self.bytes = self.vehicles = 0  # vehicles: updates, not distinct ones
        self.ended = ""
        self._url, self._cookie = url, sign_in(url, username, password)
        self._closing = False
        self._open = ExitStack()
        self._thread = threading.Thread(target=self._read, name="watcher", daemon=True)

    def __enter__(self) -> Watcher:
        origin = self._url
        self._socket = self._open.enter_context(
            connect(
                origin.replace("http", "ws", 1) + "/ws/map/",
                additional_headers={"Cookie": self._cookie},
                origin=origin,  # type: ignore[arg-type]
                max_size=None,
                open_timeout=30,
            )
        )
        self._socket.send(json.dumps({"type": "view", "view": 1, "box": CITY_BOX, "filters": {}}))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._open.close()
        self._thread.join(10)

    def _read(self) -> None:
        pinged = time.monotonic()
        try:
            while True:
                message: Any = self._socket.recv()
                if isinstance(message, bytes):
                    self.frames += 1
                    self.bytes += len(message)
                    self.vehicles += len(frames.decode(message).ids)
                if time.monotonic() - pinged > _PING_S:
                    pinged = time.monotonic()
                    self._socket.send('{"type": "ping"}')
        except ConnectionClosed as fault:
            self.ended = "" if self._closing else f"the map's socket was closed: {fault}"


def histogram(url: str, name: str) -> dict[float, int]:
    """Upper bound in seconds → how many values so far lay at or under it, from ``/metrics``; infinity has all."""
    text = urllib.request.urlopen(f"{url}/metrics", timeout=10).read().decode()
    found = re.findall(rf'^{name}_bucket{{le="([^"]+)"}} (\d+)$', text, re.MULTILINE)
    assert found, f"/metrics has no histogram {name}"
    return {float(bound.replace("+Inf", "inf")): int(count) for bound, count in found}


def since(before: dict[float, int], after: dict[float, int]) -> dict[float, int]:
    """The histogram of what came between two."""
    return {bound: count - before.get(bound, 0) for bound, count in after.items()}


def quantile(counts: dict[float, int], share: float) -> float:
    """The value under which ``share`` of all lie, linear inside its bucket; above the last bound, that bound."""
    total, low, under = counts[float("inf")], 0.0, 0
    assert total, "an empty histogram has no quantile"
    for bound, count in sorted(counts.items()):
        if count >= share * total:
            if bound == float("inf"):
                return low
            return low + (bound - low) * (share * total - under) / max(1, count - under)
        low, under = bound, count
    return low
