"""What is inside a new PostgreSQL cluster: its files, its settings, its roles (数据库集群的初始化).

UTF-8 with the builtin C.UTF-8 provider, for the same order on every machine; character classes by C.UTF-8 too, since
``pg_trgm`` finds nothing in Chinese under plain C. Passwords for everybody, loopback only, fsync on.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import psutil

from panjin_traffic.servers import roles
from panjin_traffic.servers.base import PLAIN_ENVIRONMENT
from panjin_traffic.servers.errors import DiskFull, ServerDidNotStart
from panjin_traffic.servers.place import Account

DATABASE = "panjin"
SUPERUSER = "postgres"
NAMES = {"owner": "panjin", "web": "panjin_web", "ingest": "panjin_ingest"}
"""The roles of an embedded cluster, by what they are for."""
NEEDED_MB = 256
FURNISHED = 2
"""Goes up when roles, rights or the database change, so that older clusters are brought up to date at their start."""

HBA = """\
# Written by the project: loopback only, a password always.
host all all 127.0.0.1/32 scram-sha-256
"""


def settings(port: int) -> str:
    """The cluster's own settings, for two cores and bulk ingest; the rest is PostgreSQL's default."""
    memory_mb = psutil.virtual_memory().total // 2**20
    values = {
        "listen_addresses": "'127.0.0.1'",
        "port": port,
        "unix_socket_directories": "''",
        "max_connections": 200,
        "shared_buffers": f"{min(512, max(32, memory_mb // 8))}MB",
        "effective_cache_size": f"{max(128, memory_mb // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_worker_processes": 8,
        "io_workers": 2,
        "autovacuum_max_workers": 2,
        "jit": "off",
        "random_page_cost": 1.1,
        # An acknowledged position is never lost: both stay on.
        "fsync": "on",
        "synchronous_commit": "on",
        # Fewer checkpoints mean fewer whole pages in the log of a bulk load.
        "wal_compression": "on",
        "wal_buffers": "16MB",
        "min_wal_size": "256MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": 0.9,
        "idle_in_transaction_session_timeout": "10min",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %u '",
        "log_checkpoints": "off",
        "log_min_duration_statement": "5s",
        "lc_messages": "'C'",
    }
    return "# Written at every start by the project.\n" + "".join(
        f"{name} = {value}\n" for name, value in values.items()
    )


def initialise(data: Path, programs: Path, account: Account | None, password: str, log: Path) -> None:
    """Makes a new cluster in ``data``: all of it, or nothing."""
    draft = data.with_name("data.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=draft.parent, encoding="ascii") as secret:
        secret.write(password)
        secret.flush()
        if account is not None:
            account.own(draft)
            account.own(Path(secret.name))
        command = [str(programs / "bin" / "initdb"), "-D", str(draft), "-U", SUPERUSER, f"--pwfile={secret.name}"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-messages=C"]
        command += ["--auth=scram-sha-256", "--no-instructions"]
        for locale in ("C.UTF-8", "en_US.UTF-8"):  # some systems have only the second
            arguments = account.popen_arguments() if account else {}
            run = subprocess.run(  # noqa: S603 - our own program, fixed arguments
                [*command, f"--locale={locale}"],
                cwd="/",
                env=PLAIN_ENVIRONMENT,
                capture_output=True,
                text=True,
                check=False,
                **arguments,
            )
            if run.returncode == 0 or "invalid locale" not in run.stderr:
                break
    with log.open("a", encoding="utf-8") as file:
        file.write(run.stdout + run.stderr)
    if run.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        if "No space left on device" in run.stderr:
            raise DiskFull(data.parent, shutil.disk_usage(data.parent).free // 2**20, NEEDED_MB)
        fault = re.search(r"^initdb: (?:error|fatal): (.*)$|^.*FATAL: +(.*)$", run.stderr, re.MULTILINE)
        reason = next(filter(None, fault.groups())) if fault else run.stderr.strip()[-200:]
        raise ServerDidNotStart("PostgreSQL", f"its data can't be made ({reason})", log)
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'panjin.conf'\n")
    (draft / "pg_hba.conf").write_text(HBA, encoding="utf-8")
    draft.rename(data)


def furnish(superuser_url: str, passwords: dict[str, str]) -> None:
    """Creates the three roles and the database, or sets them right; rights on tables come with migrations."""
    accounts = {kind: roles.Account(name, passwords[name]) for kind, name in NAMES.items()}
    roles.apply(superuser_url, DATABASE, accounts)
