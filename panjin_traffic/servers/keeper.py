"""Waits until no process needs the servers any more, then stops them (守护).

It is for those who were killed: whoever ends in order stops the servers itself, and finds nothing left to do here.
"""

import fcntl
import signal
import sys
from pathlib import Path

from panjin_traffic.servers.shared import stop_all


def main(directory: Path) -> None:
    """Keeps watch over ``directory`` (…/servers); a second keeper of the same directory ends at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (directory / "keeper").open("ab") as alone, (directory / "lease").open("ab") as lease:
        try:
            fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        fcntl.flock(lease, fcntl.LOCK_EX)
        # Nobody may come in while we hold the lease; and we let go of the watch first, so that the next one who
        # starts servers finds no keeper that is about to leave.
        alone.close()
        stop_all(directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
