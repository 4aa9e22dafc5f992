"""The embedded PostgreSQL starts, survives, and says clearly why it can't."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg2
import pytest

from panjin_traffic.servers import DiskFull, MissingPermission, OtherVersion, PortBusy, PostgresServer, processes
from tests.servers.conftest import query

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends accounts")


@pytest.fixture
def running(postgres: PostgresServer) -> PostgresServer:
    postgres.start()
    return postgres


def test_chinese_is_found_by_trigrams(running: PostgresServer) -> None:
    query(running.urls.owner, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert query(running.urls.owner, "SELECT array_length(show_trgm('盘锦市公安局'), 1)") == 7
    assert query(running.urls.owner, "SELECT datlocprovider FROM pg_database WHERE datname = current_database()") == "b"
    assert query(running.urls.owner, "SHOW server_encoding") == "UTF8"


def test_roles_have_the_rights_of_their_work_and_no_more(running: PostgresServer) -> None:
    facts = (
        "SELECT string_agg(format('%s %s %s %s', rolname, rolsuper, rolbypassrls, rolcreatedb), ', ' ORDER BY rolname)"
    )
    found = query(running.urls.superuser, f"{facts} FROM pg_roles WHERE rolname LIKE 'panjin%'")
    assert found == "panjin f f t, panjin_ingest f t f, panjin_web f f f"
    for url in (running.urls.web, running.urls.ingest):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            query(url, "CREATE TABLE mine (a int)")


def test_nobody_enters_without_the_password(running: PostgresServer) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(running.urls.owner, password="guessed")


def test_nobody_else_can_read_data_or_passwords(running: PostgresServer) -> None:
    assert (running.home / "data").stat().st_mode & 0o077 == 0
    assert (running.home / "state.json").stat().st_mode & 0o777 == 0o600


def test_acknowledged_rows_survive_a_power_cut(running: PostgresServer) -> None:
    query(running.urls.owner, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS a")
    address, first = running.urls, running.pid
    running.kill9()
    assert running.pid is None
    running.start()
    assert running.pid != first
    assert running.urls == address
    assert query(running.urls.owner, "SELECT count(*) FROM kept") == 1


def test_only_the_postmaster_killed_starts_again(running: PostgresServer) -> None:
    visitor = psycopg2.connect(running.urls.owner)
    assert running.pid is not None
    birth = processes.Birth.of(running.pid)
    assert birth is not None
    birth.end((signal.SIGKILL, 5.0))
    running.start()
    assert query(running.urls.owner, "SELECT 1") == 1
    visitor.close()


def test_data_survive_a_restart(running: PostgresServer) -> None:
    query(running.urls.owner, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS a")
    running.stop()
    assert not running.running
    running.start()
    assert query(running.urls.owner, "SELECT count(*) FROM kept") == 1


def test_pid_file_of_a_stranger_is_no_hindrance(postgres: PostgresServer) -> None:
    postgres.stop()
    data = (postgres.home / "data").resolve()
    (data / "postmaster.pid").write_text(f"{os.getppid()}\n{data}\n1\n{postgres.port}\n\n127.0.0.1\n", encoding="ascii")
    postgres.start()
    assert query(postgres.urls.owner, "SELECT 1") == 1


def test_server_that_nobody_noted_is_taken_over(running: PostgresServer) -> None:
    pid = running.pid
    (running.home / "process.json").unlink()
    again = PostgresServer(running.home)
    again.start()
    assert again.pid == pid


def test_taken_port_is_left_to_its_owner(postgres: PostgresServer) -> None:
    postgres.stop()
    before = postgres.port
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind((processes.LOOPBACK, before))
        stranger.listen()
        postgres.start()
        assert postgres.port != before
    assert query(postgres.urls.owner, "SELECT 1") == 1


def test_port_that_was_asked_for_and_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind((processes.LOOPBACK, 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        server = PostgresServer(tmp_path / "postgres", port=port)
        try:
            with pytest.raises(PortBusy, match=f"port {port} is taken by another program"):
                server.start()
        finally:
            server.destroy()


def test_data_of_another_version_are_not_touched(postgres: PostgresServer) -> None:
    postgres.stop()
    mark = postgres.home / "data" / "PG_VERSION"
    mark.write_text("15\n", encoding="ascii")
    try:
        with pytest.raises(OtherVersion, match=r"written by PostgreSQL 15 and this is PostgreSQL 18"):
            postgres.start()
    finally:
        mark.write_text("18\n", encoding="ascii")


def test_too_little_room_is_said_before_anything_starts(postgres: PostgresServer, tmp_path: Path) -> None:
    class Greedy(PostgresServer):
        needed_mb = 10**12

    postgres.stop()
    with pytest.raises(DiskFull, match=r"MB left and the database needs"):
        Greedy(postgres.home).start()


@as_root
def test_disk_that_fills_up_is_one_sentence() -> None:
    mount = Path(tempfile.mkdtemp(prefix="small-disk-"))
    mount.chmod(0o755)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", mount], capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")

    class Hopeful(PostgresServer):
        needed_mb = 1

    try:
        with pytest.raises(DiskFull, match="make room, or set VAR_DIR"):
            Hopeful(mount / "postgres").start()
    finally:
        subprocess.run(["umount", "-l", mount], check=True)
        mount.rmdir()


def test_directory_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(MissingPermission, match=r"Permission denied for .*(closed|pytest)"):
            PostgresServer(closed / "postgres").start()
    finally:
        os.seteuid(user)


def test_two_clusters_live_side_by_side(running: PostgresServer, tmp_path: Path) -> None:
    other = PostgresServer(tmp_path / "postgres")
    other.start()
    try:
        assert other.port != running.port
        assert other.urls.owner != running.urls.owner
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(other.urls.owner, port=running.port)
    finally:
        other.destroy()


def test_destroyed_cluster_leaves_nothing(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "postgres", tell=lambda line: None)
    server.start()
    data = (server.home / "data").resolve()
    server.destroy()
    assert not data.exists()
    assert not server.home.exists()


@as_root
def test_copied_directory_gets_a_database_of_its_own(running: PostgresServer, tmp_path: Path) -> None:
    query(running.urls.owner, "SELECT 1")
    copy = tmp_path / "copy" / "postgres"
    shutil.copytree(running.home, copy, symlinks=True)
    twin = PostgresServer(copy, tell=lambda line: None)
    assert twin.pid is None
    if not (running.home / "data").is_symlink():
        pytest.skip("the account reaches this place, so the copy has data of its own anyway")
    twin.start()
    try:
        assert twin.port != running.port
        assert (copy / "data").readlink() != (running.home / "data").readlink()
    finally:
        twin.destroy()
