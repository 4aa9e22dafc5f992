"""The web process answers many at once on few threads and connections, and reads what no browser would send."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connection

from panjin_traffic.asgi import THREADS
from tests.conftest import Site


def _connections() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE usename LIKE '%%web'")
        return {pid for (pid,) in cursor.fetchall()}


def test_requests_share_a_few_connections_that_stay(live_server: Site) -> None:
    def ask(_: int) -> int:
        return requests.get(f"{live_server.url}/login/", timeout=30).status_code

    with ThreadPoolExecutor(40) as crowd:
        assert set(crowd.map(ask, range(200))) == {200}
    kept = _connections()
    assert 0 < len(kept) <= THREADS + 1  # one is the sockets' own
    with ThreadPoolExecutor(40) as crowd:
        assert set(crowd.map(ask, range(200))) == {200}
    assert _connections() >= kept


@pytest.mark.parametrize("query", [b"q=\xe7\x9b\x98\xe9\x94\xa6", b"q=\xff\xfe", b"q=%zz%", b"q=a&&&==;"])
def test_a_query_of_raw_bytes_is_read(live_server: Site, query: bytes) -> None:
    where = urlsplit(live_server.url)
    with closing(socket.create_connection((where.hostname, where.port), timeout=10)) as line:
        line.sendall(b"GET /login/?" + query + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = line.recv(4096)
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400")), answer[:80]


def test_a_long_upload_is_refused_in_words_and_the_process_goes_on(live_server: Site) -> None:
    answer = requests.post(f"{live_server.url}/login/", data={"username": "x" * 6_000_000}, timeout=30)
    assert 400 <= answer.status_code < 500
    assert requests.get(f"{live_server.url}/login/", timeout=30).status_code == 200


def test_what_browsers_ask_for_by_themselves_is_no_fault(live_server: Site) -> None:
    assert requests.get(f"{live_server.url}/favicon.ico", timeout=30).status_code in {200, 404}
