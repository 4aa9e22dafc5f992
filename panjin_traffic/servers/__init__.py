"""PostgreSQL and Valkey that the project brings along, for machines that have none (内置服务).

``ensure(var_dir)`` gives every process of one directory the same pair; ``PostgresServer(directory)`` and
``ValkeyServer(directory)`` are single servers for whoever needs one to break.
"""

from panjin_traffic.servers.errors import (
    DiskFull,
    MissingPermission,
    NotAvailable,
    OtherVersion,
    PortBusy,
    ServerDidNotStart,
    ServerError,
    ServersBusy,
)
from panjin_traffic.servers.postgres import DatabaseUrls, PostgresServer
from panjin_traffic.servers.shared import Servers, ensure
from panjin_traffic.servers.valkey import ValkeyServer

__all__ = [
    "DatabaseUrls",
    "DiskFull",
    "MissingPermission",
    "NotAvailable",
    "OtherVersion",
    "PortBusy",
    "PostgresServer",
    "ServerDidNotStart",
    "ServerError",
    "Servers",
    "ServersBusy",
    "ValkeyServer",
    "ensure",
]
