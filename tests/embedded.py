"""Brings up the tests' own PostgreSQL and Valkey before Django reads its settings (loaded by ``-p tests.embedded``)."""

import os
from contextlib import closing
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
os.environ["DATABASE_ROLE"] = "owner"
os.environ.setdefault("REDIS_PREFIX", f"test{os.getpid()}")
os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "test"))
os.environ["CALL_PLATFORM_SECRET"] = "what the tests' call platform signs with"
os.environ.setdefault("SECRET_KEY", "for the tests alone, not for any machine that serves people")

OWN = "TEST_SERVERS"  # the variables that the process that started this one has set by what follows
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # one of several that test side by side: servers of its own
    os.environ["VAR_DIR"] += f"-{worker}"
    os.environ["REDIS_PREFIX"] += worker
    for name in os.environ.pop(OWN, "").split():
        del os.environ[name]
SERVERS = None
if not os.environ.get("DATABASE_URL"):
    from panjin_traffic import servers

    SERVERS = servers.ensure(Path(os.environ["VAR_DIR"]))
    os.environ.update(SERVERS.environment())
    os.environ[OWN] = " ".join(SERVERS.environment())
    # Nobody cuts the power of these servers: a commit need not wait for the disk. Houses that are killed have others.
    for name in ("DATABASE_URL", "DATABASE_WEB_URL", "DATABASE_INGEST_URL"):
        with closing(psycopg2.connect(os.environ[name])) as connection, connection, connection.cursor() as cursor:
            cursor.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
