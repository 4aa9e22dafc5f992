"""The processes of one machine: a row each, in the order they start (进程表), and whether they are ready."""

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panjin_traffic.supervisor.child import ChildSpec

ROOT = Path(__file__).resolve().parents[2]
MANAGE = (sys.executable, str(ROOT / "manage.py"))
# Root is fine here: only our own tasks, by msgpack, from a broker with a password.
_AS_ROOT = ("-W", "ignore:You're running the worker with superuser privileges")
CELERY = (sys.executable, *_AS_ROOT, "-m", "celery", "--quiet", "-A", "panjin_traffic")
END_S = 7.0
QUIET_WORKER = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True)
class House:
    """What is asked of this machine: addresses, shards, gateways, and the simulated fleet (None for none)."""

    bind_host: str
    web_port: int
    terminal_port: int
    shards: int
    var_directory: Path
    vehicles: int | None = None
    interval_s: float = 10.0
    media_port: int = 7612
    gateways: int = 1
    known_as: str = "localhost"
    """A name under which the pages answer (one of ALLOWED_HOSTS)."""

    @property
    def local_host(self) -> str:
        """Where this machine reaches its own servers, also when they listen on every address."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind_host, self.bind_host)  # noqa: S104

    @property
    def address(self) -> str:
        """The address of the pages."""
        host = f"[{self.local_host}]" if ":" in self.local_host else self.local_host
        return f"http://{host}:{self.web_port}/"


# The archivist takes hundreds of megabytes for some seconds. glibc keeps such blocks for later once it has seen them
# freed, unless it is told from which size on they go back to the system; docker/entrypoint.sh says the same.
GIVES_BACK = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}


def processes(house: House) -> list[ChildSpec]:
    """The children of the supervisor. They end by stage: whoever sends first, whoever serves last.

    Together they have ``END_S``; the servers have the rest of ten seconds.
    """
    # Celery would check the pages' addresses too, in every worker: `make test` has done that.
    ingest = {"DATABASE_ROLE": "ingest", "BIND_HOST": house.bind_host, "CELERY_SKIP_CHECKS": "true"}
    # The web faces the public: it learns no address by which row-level security could be passed.
    web = {"DATABASE_ROLE": "web", "BIND_HOST": house.bind_host, "DATABASE_URL": "", "DATABASE_INGEST_URL": ""}
    specs = [
        ChildSpec(
            "web",
            [
                *(sys.executable, "-m", "uvicorn", "panjin_traffic.asgi:application"),
                *("--host", house.bind_host, "--port", str(house.web_port)),
                *("--log-level", "warning", "--no-access-log", "--lifespan", "off"),
                *("--timeout-graceful-shutdown", "1"),
            ],
            web,
            stage=4,
            last_s=1.3,
        )
    ]
    queues = {f"shard-{shard}": (f"shard.{shard}", f"shard{shard}") for shard in range(house.shards)}
    queues |= {"worker": ("default", "default"), "archivist": ("tracks", "tracks")}
    for name, (queue, node) in queues.items():
        environment = ingest | GIVES_BACK if name == "archivist" else ingest
        specs.append(ChildSpec(name, _worker(queue, node), environment, stage=2, last_s=2.0))
    beat_file = str(house.var_directory / "celerybeat-schedule")
    beat = [*CELERY, "beat", "-s", beat_file, "--pidfile=", "-l", "WARNING"]
    specs.append(ChildSpec("beat", beat, ingest, stage=3, last_s=0.5))
    specs += gateways(house, ingest)
    attachments = [*MANAGE, "attachments", "--port", str(house.media_port)]
    specs.append(ChildSpec("attachments", attachments, ingest, stage=1, last_s=2.0))
    if house.vehicles is not None:
        command = [*MANAGE, "simulate", "--vehicles", str(house.vehicles), "--interval", f"{house.interval_s:g}"]
        command += ["--taxis-905", "--events", "--duration", "0"]
        command += ["--host", house.local_host, "--port", str(house.terminal_port)]
        specs.append(ChildSpec("simulator", command, {}, stage=0, last_s=0.7, waits=True))
    return specs


def gateways(house: House, environment: dict[str, str], first: int = 0) -> list[ChildSpec]:
    """The gateways, which share one port; each keeps its name, so that figures and life signs stay its own."""
    shared = ["--share-port"] if house.gateways > 1 else []
    return [
        ChildSpec(
            f"gateway-{number}" if number else "gateway",
            [*MANAGE, "gateway", "--name", f"gateway-{number}", *shared],
            environment,
            stage=1,
            last_s=2.0,
        )
        for number in range(first, first + house.gateways)
    ]


def _worker(queue: str, name: str) -> list[str]:
    """One worker process for one queue: a shard's positions stay in order."""
    return [
        *(*CELERY, "worker", "-P", "solo", "-O", "fair", "--prefetch-multiplier", "1"),
        *("-Q", queue, "-n", f"{name}@%h", "-l", "WARNING", *QUIET_WORKER),
    ]


def missing(house: House) -> list[str]:
    """What /readyz still waits for, a phrase each; empty when it answers 200."""
    request = urllib.request.Request(house.address + "readyz", headers={"Host": house.known_as})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=2.0) as answer:  # noqa: S310 - our own address
            return [] if answer.status == 200 else [f"/readyz answers {answer.status}"]
    except urllib.error.HTTPError as answer:
        return _reasons(answer) or [f"/readyz answers {answer.code}"]
    except OSError as fault:
        return [f"/readyz can't be reached ({getattr(fault, 'reason', fault)})"]


def shards_wanted(house: House) -> int | None:
    """How many shards should have a worker by now, as /readyz says; None where it can't be asked."""
    request = urllib.request.Request(house.address + "readyz", headers={"Host": house.known_as})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=1.0) as answer:  # noqa: S310 - our own address
            return _shards_in(answer)
    except urllib.error.HTTPError as answer:
        return _shards_in(answer)
    except OSError:
        return None


def _shards_in(answer: Any) -> int | None:
    try:
        said = json.loads(answer.read())
    except ValueError:
        return None
    shards = said.get("shards") if isinstance(said, dict) else None
    return shards if isinstance(shards, int) and shards > 0 else None


def _reasons(answer: urllib.error.HTTPError) -> list[str]:
    """The parts of the answer that are not well, as "name: what it says"."""
    try:
        parts: Any = json.loads(answer.read())
    except ValueError:
        return []
    parts = parts.get("parts") if isinstance(parts, dict) else None
    if not isinstance(parts, dict):
        return []
    return [f"{name}: {state}" for name, state in parts.items() if state != "ok"]
