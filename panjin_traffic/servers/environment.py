"""Which servers a management command uses: those named by the environment, or our own (服务地址).

Runs before the settings are read. The variables are described in ``.env.example``.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from panjin_traffic.servers.errors import ServerError
from panjin_traffic.servers.shared import ROOT, Servers, ensure

NO_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "decode",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "simulate",
    "spectacular",
    "startapp",
    "startproject",
    "version",
}
"""Commands that neither read nor write the database: they start no server."""

EXTERNAL_ONLY = {"database_roles"}
"""Commands about a server that the environment names; ours needs none of what they do."""

DATABASE_VARIABLES = ("DATABASE_URL", "DATABASE_WEB_URL", "DATABASE_INGEST_URL")

held: Servers | None = None
"""The lease of this process on the embedded servers; None where it uses servers from outside, or none."""


class VariableMissing(ServerError):
    """One of the addresses that belong together is not set."""

    code = "variable_missing"
    retryable = False


def var_directory() -> Path:
    """The directory for everything that a running project writes (VAR_DIR)."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute()


def needs_servers(arguments: Sequence[str]) -> bool:
    """Whether ``manage.py`` with these arguments, its own name first, needs database and broker."""
    if len(arguments) < 2 or {"-h", "--help", "--version"} & set(arguments[1:]):
        return False
    return arguments[1] not in NO_DATABASE | EXTERNAL_ONLY


def prepare(arguments: Sequence[str]) -> None:
    """Makes servers available to the command in ``arguments`` and names them in the environment.

    Raises a ``ServerError``: a server can't run, or only some of the addresses are set.
    """
    global held
    if not needs_servers(arguments):
        return
    named = [name for name in DATABASE_VARIABLES if os.environ.get(name)]
    if named and len(named) < len(DATABASE_VARIABLES):
        missing = next(name for name in DATABASE_VARIABLES if name not in named)
        raise VariableMissing(
            f"{named[0]} is set but {missing} is not: set {', '.join(DATABASE_VARIABLES)} together, "
            "one role each (see .env.example), or none of them for the embedded server"
        )
    broker = bool(os.environ.get("REDIS_URL"))
    if named and broker:
        return
    held = ensure(var_directory(), postgres=not named, valkey=not broker)
    os.environ.update(held.environment())
