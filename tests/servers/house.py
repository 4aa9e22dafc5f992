"""A supervisor to be started, watched and killed by tests: ``python -m tests.servers.house '{json}'``.

The JSON has ``children`` (fields of ``ChildSpec``; ``script`` is Python source), ``ready_file`` that must exist
before the house counts as ready, and ``var`` for a Valkey to be watched.
"""

import json
import sys
from pathlib import Path

from panjin_traffic import servers
from panjin_traffic.supervisor import ChildSpec, Supervisor, child
from panjin_traffic.supervisor.servers_watch import ServersWatch

if __name__ == "__main__":
    child.BACK_OFF_S = (0.1, 0.2, 0.4, 0.8)
    wish = json.loads(sys.argv[1])
    specs = []
    for row in wish["children"]:
        command = row.pop("command", None) or [sys.executable, "-c", row.pop("script")]
        specs.append(ChildSpec(command=command, **row))
    gate = Path(wish["ready_file"]) if "ready_file" in wish else None
    supervisor = Supervisor(
        specs,
        ready=lambda: ["the gate"] if gate is not None and not gate.exists() else [],
        announce=lambda: print("announced", flush=True),
    )
    if "var" in wish:
        lease = servers.ensure(wish["var"], postgres=False)
        supervisor._watch = ServersWatch(lease, supervisor.printer.line)
    sys.exit(supervisor.run())
