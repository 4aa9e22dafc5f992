"""All processes of one directory share one pair of servers, and the last one to leave turns off the light."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from panjin_traffic import servers
from panjin_traffic.servers import PostgresServer, Servers, ValkeyServer, environment
from tests.servers.conftest import python, query

HOLD = """
import json, sys
from panjin_traffic import servers
held = servers.ensure(sys.argv[1])
print(json.dumps([held.postgres.pid, held.valkey.pid]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def var(tmp_path: Path):
    yield tmp_path / "var"
    PostgresServer(tmp_path / "var/servers/postgres").destroy()
    ValkeyServer(tmp_path / "var/servers/valkey").destroy()


def both(var: Path) -> tuple[PostgresServer, ValkeyServer]:
    return PostgresServer(var / "servers/postgres"), ValkeyServer(var / "servers/valkey")


def gone(var: Path, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while any(server.running for server in both(var)):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_last_to_leave_stops_the_servers(var: Path) -> None:
    mine = servers.ensure(var)
    assert mine.postgres is not None
    pid = mine.postgres.pid
    other = python("-c", HOLD, str(var))
    assert other.stdout is not None
    assert json.loads(other.stdout.readline())[0] == pid, "both use one server"
    mine.close()
    assert both(var)[0].pid == pid, "the other one still needs it"
    other.communicate("")
    assert gone(var, 0), "who left last has stopped it before it ended"


def test_killed_process_leaves_no_server_behind(var: Path) -> None:
    other = python("-c", HOLD, str(var))
    assert other.stdout is not None
    json.loads(other.stdout.readline())
    other.kill()
    other.wait()
    assert gone(var, 10)
    mine = servers.ensure(var)
    assert query(mine.database_url, "SELECT 1") == 1
    mine.close()


def test_many_that_start_at_once_start_one(var: Path) -> None:
    crowd = [python("-c", HOLD, str(var)) for _ in range(4)]
    pids = {person.stdout.readline() for person in crowd if person.stdout}
    assert len(pids) == 1
    for person in crowd:
        person.communicate("")
    assert gone(var, 5)


def test_data_survive_from_lease_to_lease(var: Path) -> None:
    first: Servers = servers.ensure(var)
    query(first.database_url, "CREATE TABLE kept AS SELECT 1 AS a")
    address = first.environment()
    first.close()
    second = servers.ensure(var)
    assert second.environment() == address
    assert query(second.database_url, "SELECT count(*) FROM kept") == 1
    second.close()


def test_two_directories_have_two_pairs(var: Path, tmp_path: Path) -> None:
    one, two = servers.ensure(var), servers.ensure(tmp_path / "second", postgres=False)
    try:
        assert one.redis_url != two.redis_url
        assert two.database_url == ""
    finally:
        two.close()
        one.close()


def test_manage_py_starts_and_ends_servers_by_itself(var: Path) -> None:
    script = "import os; print('has', bool(os.environ['DATABASE_WEB_URL']), os.environ['REDIS_URL'][:8])"
    clean = {**dict.fromkeys((*environment.DATABASE_VARIABLES, "REDIS_URL", "DATABASE_ROLE"), ""), "VAR_DIR": str(var)}
    output, _ = python("manage.py", "shell", "--no-imports", "-c", script, **clean).communicate()
    assert "has True redis://" in output
    assert gone(var, 0)


def test_commands_without_a_database_start_none(tmp_path: Path) -> None:
    clean = {**dict.fromkeys((*environment.DATABASE_VARIABLES, "REDIS_URL"), ""), "VAR_DIR": str(tmp_path)}
    output, _ = python("manage.py", "version", **clean).communicate()
    assert output.strip().startswith("5.")
    assert not (tmp_path / "servers").exists()
    assert not environment.needs_servers(["manage.py", "simulate", "--vehicles", "9"])
    assert not environment.needs_servers(["manage.py", "migrate", "--help"])
    assert environment.needs_servers(["manage.py", "migrate"])


def test_address_without_its_companion_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/panjin")
    monkeypatch.delenv("DATABASE_WEB_URL", raising=False)
    monkeypatch.delenv("DATABASE_INGEST_URL", raising=False)
    with pytest.raises(environment.VariableMissing, match="DATABASE_URL is set but DATABASE_WEB_URL is not"):
        environment.prepare(["manage.py", "migrate"])


def test_lease_of_a_forked_child_is_its_parents(var: Path) -> None:
    mine = servers.ensure(var, postgres=False)
    child = os.fork()
    if child == 0:
        mine.close()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert mine.valkey is not None
    assert mine.valkey.running
    mine.close()
