"""``python -m panjin_traffic.servers status|stop|destroy``: look at, end, or delete the servers of VAR_DIR."""

import signal
import sys

from panjin_traffic.servers.environment import var_directory
from panjin_traffic.servers.postgres import PostgresServer
from panjin_traffic.servers.shared import stop_all
from panjin_traffic.servers.valkey import ValkeyServer


def main(arguments: list[str]) -> int:
    """Prints one line a server; or stops both even if someone still uses them, or deletes their data as well."""
    directory = var_directory() / "servers"
    servers = [PostgresServer(directory / "postgres"), ValkeyServer(directory / "valkey")]
    match arguments:
        case ["status"]:
            for server in servers:
                state = f"runs, pid {server.pid}, port {server.port}" if server.running else "does not run"
                print(f"{server.name} {state}; log {server.log}")
            return 0
        case ["stop"]:
            stop_all(directory)
            return 0
        case ["destroy"]:
            for server in servers:
                server.destroy()
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
