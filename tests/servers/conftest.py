"""Servers of their own for tests that break them; nothing here touches the servers that other tests use."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from panjin_traffic.servers import PostgresServer, ValkeyServer
from panjin_traffic.servers.shared import ROOT


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A cluster of this test file; a test may leave it stopped."""
    server = PostgresServer(tmp_path_factory.mktemp("cluster") / "postgres")
    server.start()
    yield server
    server.destroy()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path / "valkey")
    server.start()
    yield server
    server.destroy()


def query(url: str, statement: str) -> object:
    """The first value that ``statement`` gives, committed."""
    connection = psycopg2.connect(url, connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def python(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A Python process in the project's directory, what it prints readable."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
