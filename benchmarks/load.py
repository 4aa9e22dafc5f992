"""The load of the ingest benchmark: simulated terminals in a process of their own, their CPU measured apart."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"


async def drive(
    host: str, port: int, vehicles: int, rate: float, seconds: float, *more: str, drain_s: float = 30.0
) -> dict[str, Any]:
    """Run ``vehicles`` terminals that together report ``rate`` positions a second for ``seconds``.

    Reporting begins when all are registered and authenticated. Gives the report of `manage.py simulate --json`;
    ``cpu_s`` and ``cpu_us_per_position`` in it are the load's own, from the first report on. ``more`` are further
    options of that command. Raises ``RuntimeError`` when the load could not run.
    """
    arguments = ["simulate", "--host", host, "--port", str(port), "--vehicles", str(vehicles), "--rate", str(rate)]
    arguments += ["--duration", str(seconds), "--wait-for-all", "--drain", str(drain_s), "--json", *more]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(MANAGE), *arguments, stdout=asyncio.subprocess.PIPE, env=os.environ
    )
    try:
        out, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"the load ended with status {process.returncode}")
    return json.loads(out)
