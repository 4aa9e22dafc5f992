"""Why an embedded server can't run: one sentence each, with what to do about it (内置服务故障)."""

from pathlib import Path

from datacenter.errors import DomainError


class ServerError(DomainError):
    """The root: an embedded PostgreSQL or Valkey can't be started, reached or stopped."""

    code = "server_error"
    status = 503
    retryable = True


class ServerDidNotStart(ServerError):
    """The server's process ended or stayed silent; ``log`` is where it said why."""

    code = "server_did_not_start"

    def __init__(self, server: str, reason: str, log: Path) -> None:
        super().__init__(f"{server} did not start: {reason}; its log is {log}", server=server, log=log)


class PortBusy(ServerError):
    """Another program listens on a port that was asked for by name."""

    code = "port_busy"

    def __init__(self, port: int, setting: str) -> None:
        super().__init__(
            f"port {port} is taken by another program: end that program, or set {setting} to a free port",
            port=port,
            setting=setting,
        )


class DiskFull(ServerError):
    """Too little room to start a database safely."""

    code = "disk_full"

    def __init__(self, directory: Path, free_mb: int, needed_mb: int) -> None:
        super().__init__(
            f"the disk of {directory} has {free_mb} MB left and the database needs {needed_mb} MB: "
            "make room, or set VAR_DIR to another disk",
            directory=directory,
            free_mb=free_mb,
        )


class OtherVersion(ServerError):
    """The data directory was written by another major version of PostgreSQL."""

    code = "other_version"
    retryable = False

    def __init__(self, directory: Path, found: str, expected: str) -> None:
        super().__init__(
            f"the data in {directory} was written by PostgreSQL {found} and this is PostgreSQL {expected}: "
            "dump it with the old version and load it into a new VAR_DIR (docs/operations.md), or move it away",
            directory=directory,
            found=found,
            expected=expected,
        )


class MissingPermission(ServerError):
    """The user this runs as may not write, enter or become what the server needs."""

    code = "missing_permission"
    retryable = False


class NotAvailable(ServerError):
    """There is no embedded server for this machine."""

    code = "not_available"
    retryable = False


class ServersBusy(ServerError):
    """Another process of this directory is starting or stopping the servers and doesn't finish."""

    code = "servers_busy"
