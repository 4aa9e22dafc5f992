"""What the embedded servers have in common: a home, a port, a log, a life (内置服务的共同部分).

``launch`` starts the process and ``ready`` says when it answers, so that the supervisor can watch several at once;
``start`` does both. A server that is already running is taken over as it is.
"""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from panjin_traffic.servers import place, processes
from panjin_traffic.servers.errors import DiskFull, MissingPermission, PortBusy, ServerDidNotStart, ServerError

LOG_LIMIT_BYTES = 5_000_000


class EmbeddedServer:
    """One server under ``directory``; ``port`` asks for that very port, otherwise a free one is found and kept."""

    name: ClassVar[str]
    port_setting: ClassVar[str] = "another port"
    needed_mb: ClassVar[int] = 8
    attempts: ClassVar[int] = 20

    def __init__(
        self, directory: Path | str, *, port: int | None = None, tell: Callable[[str], None] = place.say
    ) -> None:
        self.home = Path(directory).absolute()
        self.tell = tell
        self._asked_port = port
        self._attempt = 0
        self._log_start = 0
        self._birth: processes.Birth | None = None

    # --- What is known of it ---

    @property
    def log(self) -> Path:
        """What the server itself wrote."""
        return self.home / f"{self.name.lower()}.log"

    @property
    def pid(self) -> int | None:
        """The running server's pid; None when it doesn't run."""
        birth = self._running()
        return birth.pid if birth else None

    @property
    def running(self) -> bool:
        """Whether its process is there; it may not answer yet."""
        return self._running() is not None

    @property
    def port(self) -> int:
        """The port it listens on, or did when it ran last."""
        return int(self._state()["port"])

    # --- Life ---

    def start(self, timeout_s: float = 120.0) -> None:
        """Starts the server, unless it runs, and returns when it answers. Raises a ``ServerError``."""
        self._attempt = 0
        with self._clear_about_permissions():
            if not self.running:
                self._launch()
            end = time.monotonic() + timeout_s
            while not self._ready():
                if time.monotonic() > end:
                    raise ServerDidNotStart(self.name, f"it doesn't answer after {timeout_s:.0f} s", self.log)
                time.sleep(0.02)

    def launch(self) -> None:
        """Starts the process and returns at once; ``ready`` tells when it answers."""
        self._attempt = 0
        with self._clear_about_permissions():
            self._launch()

    def ready(self) -> bool:
        """Whether the server answers. Raises a ``ServerError`` when it ended instead."""
        with self._clear_about_permissions():
            return self._ready()

    def stop(self, patience_s: float = 8.0) -> None:
        """Ends the server in order, or after ``patience_s`` at once; returns when it is gone."""
        birth = self._running()
        if birth is not None:
            birth.end(*((number, share * patience_s) for number, share in self.stop_steps))
        self._forget_process()

    def kill9(self) -> None:
        """Kills the server and its children at once, as a power cut would; for tests of exactly that."""
        birth = self._running()
        if birth is not None:
            processes.kill_family(birth.pid)
        self._birth = None

    def destroy(self) -> None:
        """Stops the server and deletes its data for good."""
        self.stop()
        place.forget(self.home)
        shutil.rmtree(self.home, ignore_errors=True)

    # --- What each kind of server says of itself ---

    stop_steps: ClassVar[tuple[tuple[int, float], ...]]
    """Signals that end it, the gentle one first, each with its share of the patience."""

    def _launch(self) -> None:
        raise NotImplementedError

    def _answers(self) -> bool:
        """Whether the running process accepts commands."""
        raise NotImplementedError

    def _why(self, log: str) -> ServerError | None:
        """The error that ``log`` tells of; None when another attempt may do."""
        raise NotImplementedError

    # --- Shared parts ---

    def _ready(self) -> bool:
        if self.running:
            return self._answers()
        log = self._log_of_this_start()
        if "No space left on device" in log:
            raise DiskFull(self.home, shutil.disk_usage(self.home).free // 2**20, self.needed_mb)
        error = self._why(log)
        self._attempt += 1
        if error is not None or self._attempt >= self.attempts:
            raise error or ServerDidNotStart(self.name, "it ended again and again", self.log)
        if "ddress already in use" in log:
            self._choose_port(other=True)
        time.sleep(0.1)
        self._launch()
        return False

    def _running(self) -> "processes.Birth | None":
        if self._birth is not None and self._birth.alive():
            return self._birth
        noted = processes.Birth.read(self.home / "process.json", self.home)
        self._birth = noted if noted is not None and noted.alive() else None
        return self._birth

    def _forget_process(self) -> None:
        note = self.home / "process.json"
        if note.exists():
            note.write_text("", encoding="ascii")  # kept, so that its owner stays the same
        self._birth = None

    def _prepare_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._check_room(self.home)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _check_room(self, directory: Path) -> None:
        free_mb = shutil.disk_usage(directory).free // 2**20
        if free_mb < self.needed_mb:
            raise DiskFull(directory, free_mb, self.needed_mb)

    def _spawn(self, command: list[str], account: place.Account | None, stdin: bytes = b"") -> None:
        """Starts the process for good: it is nobody's child and outlives us."""
        with self.log.open("ab") as log:
            os.chmod(self.log, 0o600)
            self._log_start = log.tell()
            arguments: dict[str, Any] = dict(account.popen_arguments()) if account else {"umask": 0o077}
            process = subprocess.Popen(  # noqa: S603 - our own programs, fixed arguments
                command,
                cwd="/",
                env=PLAIN_ENVIRONMENT,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **arguments,
            )
        if stdin and process.stdin:
            with process.stdin as pipe, contextlib.suppress(BrokenPipeError):  # it ended; its log says why
                pipe.write(stdin)
        self._birth = processes.Birth.of(process.pid)
        process.returncode = 0  # nobody waits for this object: the process is known by its birth
        if self._birth is not None:
            self._birth.write(self.home / "process.json", self.home)

    def _choose_port(self, other: bool = False) -> int:
        """The port for the next start: the one asked for, else last time's, else a free one."""
        if self._asked_port is not None:
            if not processes.port_is_free(self._asked_port):
                raise PortBusy(self._asked_port, self.port_setting)
            return self._note_port(self._asked_port)
        last = self._state().get("port")
        if last and not other and processes.port_is_free(last):
            return int(last)
        return self._note_port(processes.choose_port(f"{self.home}:{self._attempt if other else ''}"))

    def _note_port(self, port: int) -> int:
        self._write_state({**self._state(), "port": port})
        return port

    def _state(self) -> dict[str, Any]:
        """Port and passwords, as kept in the home."""
        try:
            return dict(json.loads((self.home / "state.json").read_text(encoding="ascii")))
        except (FileNotFoundError, ValueError):
            return {}

    def _write_state(self, state: dict[str, Any]) -> None:
        path = self.home / "state.json"
        draft = self.home / "state.json.new"
        owner = path.stat() if path.exists() else None
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            json.dump(state, file)
        if owner is not None and os.geteuid() == 0:
            os.chown(draft, owner.st_uid, owner.st_gid)
        draft.replace(path)

    def _log_of_this_start(self) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(self._log_start)
                return file.read(200_000).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _clear_about_permissions(self) -> "_PermissionTranslator":
        return _PermissionTranslator(self.home)


PLAIN_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class _PermissionTranslator:
    """Turns the system's "Permission denied" into a sentence that says what to do."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, OSError) and fault.errno in (1, 13, 30):  # EPERM, EACCES, EROFS
            raise MissingPermission(
                f"{fault.strerror} for {fault.filename or self.home}: run as the user whom it belongs to, "
                "or set VAR_DIR to a directory of your own"
            ) from None
        if isinstance(fault, OSError) and fault.errno == 28:  # ENOSPC
            raise DiskFull(self.home, 0, EmbeddedServer.needed_mb) from None
