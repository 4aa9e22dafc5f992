"""One child process: how it is started, watched, restarted and ended (子进程)."""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from panjin_traffic.supervisor.output import LineBuffer, Printer

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
HEALTHY_S = 60.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class ChildSpec:
    """What to run: a row of the supervisor's table.

    ``stage`` says when its turn to end comes, 0 first, and ``last_s`` how long it may take then; ``waits`` keeps it
    back until the house is ready.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stage: int = 0
    last_s: float = 1.0
    waits: bool = False


class Child:
    """A running, or resting, process of one ``spec``. It can't outlive the supervisor."""

    def __init__(self, spec: ChildSpec, printer: Printer, selector: selectors.BaseSelector) -> None:
        self.spec = spec
        self.name = spec.name
        self.failures = 0
        self.restart_at: float | None = None
        self._printer = printer
        self._selector = selector
        self._process: subprocess.Popen[bytes] | None = None
        self._lines = LineBuffer()
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        """The running process; None while there is none."""
        return self._process.pid if self._process else None

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts the process in a group of its own, tied to the supervisor's life."""
        self.restart_at = None
        self._started_at = time.monotonic()
        supervisor = os.getpid()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - commands come from the supervisor's own table
                list(self.spec.command),
                env={**environment, **self.spec.environment, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=lambda: _tie_to(supervisor),  # the supervisor has a single thread
            )
        except OSError as fault:
            self.say(f"can't be started: {fault.strerror} ({fault.filename})")
            self._rest()
            return
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ, self.read)

    def read(self) -> None:
        """Passes on what the process has written."""
        if self._process is None or self._process.stdout is None:
            return
        try:
            data = os.read(self._process.stdout.fileno(), 65_536)
        except BlockingIOError:
            return
        if data:
            for line in self._lines.feed(data):
                self.say(line)
        else:
            self._close_output()

    def look(self, now: float) -> None:
        """Notices that the process has ended, and sets the time of its restart."""
        if self._process is None:
            return
        code = self._process.poll()
        if code is None:
            if self.failures and now - self._started_at > HEALTHY_S:
                self.failures = 0
            return
        self._bury()
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        self._rest()
        self.say(f"ended ({how}); it starts again in {BACK_OFF_S[min(self.failures, len(BACK_OFF_S)) - 1]:g} s")

    def signal_group(self, number: int) -> None:
        """Sends a signal to the process and its children."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            self._process.send_signal(number)

    def ended(self) -> bool:
        """Whether nothing runs any more; takes the last output when the end has come."""
        if self._process is None:
            return True
        if self._process.poll() is None:
            return False
        self._bury()
        return True

    def say(self, text: str) -> None:
        """Prints a line under the child's name."""
        self._printer.line(self.name, text)

    def _rest(self) -> None:
        delay = BACK_OFF_S[min(self.failures, len(BACK_OFF_S) - 1)]
        self.failures += 1
        self.restart_at = time.monotonic() + delay

    def _bury(self) -> None:
        """After its end: takes the last output, and what it started goes with it."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._drain()
        self._process = None

    def _drain(self) -> None:
        """The last words; a grandchild that keeps the pipe open is not waited for."""
        if self._process is None or self._process.stdout is None or self._process.stdout.closed:
            return
        try:
            while data := os.read(self._process.stdout.fileno(), 65_536):
                for line in self._lines.feed(data):
                    self.say(line)
        except BlockingIOError:
            pass
        self._close_output()

    def _close_output(self) -> None:
        assert self._process is not None and self._process.stdout is not None  # noqa: PT018
        if self._process.stdout.closed:
            return
        self._selector.unregister(self._process.stdout)
        self._process.stdout.close()
        for line in self._lines.flush():
            self.say(line)


def _tie_to(supervisor: int) -> None:
    """Runs in the child: the kernel kills it when the supervisor goes, however that happens."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)
