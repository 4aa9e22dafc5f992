"""``manage.py database_roles`` makes the roles on a PostgreSQL of one's own."""

import psycopg2
import pytest
from django.core.management import CommandError, call_command

from panjin_traffic.servers import PostgresServer
from tests.servers.conftest import query


@pytest.fixture
def addresses(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Addresses of roles that don't exist yet, on a server that is not the project's."""
    postgres.start()
    server = f"127.0.0.1:{postgres.port}/city"
    urls = {
        "DATABASE_URL": f"postgresql://city_owner:it%27s%20mine@{server}",
        "DATABASE_WEB_URL": f"postgresql://city_web:web@{server}",
        "DATABASE_INGEST_URL": f"postgresql://city_ingest:in@{server}",
    }
    for name, url in urls.items():
        monkeypatch.setenv(name, url)
    return urls


def test_roles_and_database_are_made_and_can_be_made_again(addresses: dict[str, str], postgres: PostgresServer) -> None:
    for _ in range(2):
        call_command("database_roles", admin=postgres.urls.superuser)
    assert query(addresses["DATABASE_URL"], "CREATE TABLE mine (a int); SELECT current_database()") == "city"
    assert query(addresses["DATABASE_INGEST_URL"], "SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        query(addresses["DATABASE_WEB_URL"], "SELECT * FROM mine")


def test_dry_run_prints_sql_and_changes_nothing(
    addresses: dict[str, str], postgres: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = query(postgres.urls.superuser, "SELECT count(*) FROM pg_roles")
    call_command("database_roles", dry_run=True)
    printed = capsys.readouterr().out
    assert """ALTER ROLE "city_owner" WITH LOGIN CREATEDB""" in printed
    assert "PASSWORD 'it''s mine';" in printed
    assert "\\gexec" in printed
    assert query(postgres.urls.superuser, "SELECT count(*) FROM pg_roles") == before


def test_one_role_for_two_tasks_is_refused(addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_WEB_URL", addresses["DATABASE_URL"])
    with pytest.raises(CommandError, match="three different roles"):
        call_command("database_roles", dry_run=True)


def test_administrator_who_is_none_is_told(addresses: dict[str, str], postgres: PostgresServer) -> None:
    with pytest.raises(CommandError, match="the roles can't be made: permission denied"):
        call_command("database_roles", admin=postgres.urls.web)
