"""Where a server's files lie and who owns them (数据目录的位置与属主).

PostgreSQL refuses to run as root, so root runs the servers as an ordinary account. That account must reach the data
and the programs: where it can't (a clone in /root, say), both go to a place of their own, keyed by the clone's path,
and a link in the clone leads there. An ordinary user's servers run as that user, where the clone is.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panjin_traffic.servers.errors import MissingPermission

ACCOUNTS = ("postgres", "nobody")
"""The accounts root runs servers as, the first that exists, where neither data nor clone belong to another."""


@dataclass(frozen=True)
class Account:
    """An ordinary account that root lends to a server."""

    uid: int
    gid: int
    name: str

    def popen_arguments(self) -> dict[str, Any]:
        """What ``subprocess`` needs to start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}

    def can(self, test: str, path: Path) -> bool:
        """Whether the account passes ``test`` (-x, -r, -w) on ``path``, directories above it included."""
        command = ["/bin/sh", "-c", f'test {test} "$0"', str(path)]
        try:
            run = subprocess.run(command, cwd="/", check=False, **self.popen_arguments())  # noqa: S603 - a fixed line
            return bool(run.returncode == 0)
        except (OSError, subprocess.SubprocessError):
            raise MissingPermission(
                f"PostgreSQL refuses to run as root, and root may not become {self.name} here: "
                "run as an ordinary user, or set DATABASE_URL, DATABASE_WEB_URL, DATABASE_INGEST_URL and REDIS_URL"
            ) from None

    def own(self, path: Path) -> None:
        """Gives ``path`` (not what is in it) to the account."""
        try:
            os.chown(path, self.uid, self.gid)
        except OSError as fault:
            raise MissingPermission(
                f"root may not give {path} to {self.name} ({fault.strerror}): set VAR_DIR"
            ) from None


def account_for(directory: Path) -> Account | None:
    """The account for servers under ``directory``; None for whoever runs this, unless that is root."""
    if os.geteuid() != 0:
        return None
    for path in (directory / "data", directory, *directory.parents):
        try:
            owner = path.stat().st_uid
            if owner != 0:
                entry = pwd.getpwuid(owner)
                return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
        except (FileNotFoundError, KeyError):
            continue
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise MissingPermission(
        f"PostgreSQL refuses to run as root, and this machine has no account {' or '.join(ACCOUNTS)}: "
        "add one, or run as an ordinary user"
    )


def say(line: str) -> None:
    """Tells whoever starts the servers something they should know."""
    print(line, file=sys.stderr, flush=True)


def data_directory(home: Path, account: Account | None, tell: Callable[[str], None] = say) -> Path:
    """The data directory of the server whose home is ``home``; it may not exist yet.

    Once chosen it stays: rights that change later give an error, never a second, empty database.
    """
    inside = home / "data"
    if account is None:
        return inside
    if inside.is_symlink():
        target = inside.readlink()
        if _belongs_to(home, target):
            return target
        inside.unlink()
    elif inside.exists():
        if not account.can("-x", inside):
            raise MissingPermission(
                f"{account.name} owns the database in {inside} and can't reach it any more: "
                "give others the right to enter the directories above it (chmod o+x)"
            )
        return inside
    if account.can("-x", home):
        return inside
    target = _outside(home, account) / (home.parent.name + "-" + hashlib.sha256(str(home).encode()).hexdigest()[:12])
    target.mkdir(mode=0o711, exist_ok=True)
    (target / "origin").write_text(str(home), encoding="utf-8")
    inside.symlink_to(target / "data")
    tell(f"{account.name}, who runs PostgreSQL for root, can't reach {home}: the database is kept in {target}")
    return target / "data"


def forget(home: Path) -> None:
    """Deletes the data of ``home``, wherever it lies."""
    inside = home / "data"
    if inside.is_symlink():
        target = inside.readlink()
        inside.unlink()
        if _belongs_to(home, target):
            shutil.rmtree(target.parent, ignore_errors=True)
    shutil.rmtree(inside, ignore_errors=True)


def programs(directory: Path, beside: Path | None, version: str, home: Path, account: Account | None) -> Path:
    """``directory`` of programs, or a copy of it where ``account`` can't reach the original.

    ``beside`` is a directory of libraries that must keep its place two levels up and beside the package's own.
    """
    probes = [directory / name for name in ("bin/postgres", "valkey-server")]
    if account is None or any(account.can("-x", probe) for probe in probes):
        return directory
    package = directory.parent
    place = _outside(home, account) / version
    if not place.exists():
        draft = Path(tempfile.mkdtemp(dir=place.parent))
        unwanted = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
        shutil.copytree(directory, draft / package.name / directory.name, ignore=unwanted, symlinks=True)
        if beside is not None and beside.exists():
            shutil.copytree(beside, draft / beside.name)
        _open_to_read(draft)
        try:
            draft.rename(place)
        except OSError:  # another process was faster
            shutil.rmtree(draft, ignore_errors=True)
    return place / package.name / directory.name


def _belongs_to(home: Path, target: Path) -> bool:
    """Whether ``target`` is the data of ``home``; that of a clone which moved here is taken along."""
    origin = target.parent / "origin"
    try:
        owner = Path(origin.read_text(encoding="utf-8"))
    except OSError:
        return False
    if owner == home:
        return True
    link = owner / "data"
    if link.is_symlink() and link.readlink() == target:
        return False  # this clone is a copy; the original keeps its data
    origin.write_text(str(home), encoding="utf-8")
    return True


def _outside(home: Path, account: Account) -> Path:
    """A directory of root's that ``account`` can reach, for what belongs to ``home``."""
    temporary = Path(tempfile.gettempdir())
    bases = [Path("/var/lib"), Path("/var/tmp"), temporary]  # noqa: S108 - the owner is checked below
    if home.is_relative_to(temporary):
        bases.reverse()
    for base in bases:
        place = base / "panjin-traffic"
        try:
            place.mkdir(mode=0o711, exist_ok=True)
            facts = place.lstat()
        except OSError:
            continue
        ours = stat.S_ISDIR(facts.st_mode) and facts.st_uid == 0 and not facts.st_mode & 0o022
        if ours and account.can("-x", place):
            return place
    raise MissingPermission(
        f"{account.name}, who runs PostgreSQL for root, can't reach {home} nor any of "
        f"{', '.join(map(str, bases))}: set VAR_DIR to a directory that {account.name} may enter"
    )


def _open_to_read(tree: Path) -> None:
    """Lets everybody enter, read and run what is in ``tree``."""
    tree.chmod(0o755)
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
