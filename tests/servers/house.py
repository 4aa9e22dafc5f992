"""A supervisor to be started, watched and killed by tests: ``python -m tests.servers.house '{json}'``.

The JSON has ``children`` (fields of ``ChildSpec``; ``script`` is Python source), ``ready_file`` that must exist
before the house counts as ready, ``wanted_file`` with the children that should run by now as JSON, and ``var`` for a
Valkey to be watched.
"""

import json
import sys
from pathlib import Path
from typing import Any

from panjin_traffic import servers
from panjin_traffic.supervisor import ChildSpec, Supervisor, child, loop
from panjin_traffic.supervisor.servers_watch import ServersWatch


def specs_of(rows: list[dict[str, Any]]) -> list[ChildSpec]:
    """The children that the JSON describes."""
    specs = []
    for row in rows:
        command = row.pop("command", None) or [sys.executable, "-c", row.pop("script")]
        specs.append(ChildSpec(command=command, **row))
    return specs


if __name__ == "__main__":
    child.BACK_OFF_S = (0.1, 0.2, 0.4, 0.8)
    loop.FOLLOW_S = 0.2
    wish = json.loads(sys.argv[1])
    specs = specs_of(wish["children"])
    wanted = Path(wish["wanted_file"]) if "wanted_file" in wish else None
    gate = Path(wish["ready_file"]) if "ready_file" in wish else None
    supervisor = Supervisor(
        specs,
        ready=lambda: ["the gate"] if gate is not None and not gate.exists() else [],
        announce=lambda: print("announced", flush=True),
        follow=lambda: specs_of(json.loads(wanted.read_text())) if wanted is not None and wanted.exists() else None,
    )
    if "var" in wish:
        lease = servers.ensure(wish["var"], postgres=False)
        supervisor._watch = ServersWatch(lease, supervisor.printer.line)
    sys.exit(supervisor.run())
