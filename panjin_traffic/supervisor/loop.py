"""The supervisor: starts the children, restarts who dies, ends everybody in order (进程总管).

One thread and one loop, so that a fork is safe and the kernel's tie between parent and child holds.
"""

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType

from panjin_traffic.supervisor.child import Child, ChildSpec
from panjin_traffic.supervisor.output import Printer
from panjin_traffic.supervisor.servers_watch import ServersWatch

TICK_S = 0.1
LOOK_S = 0.5
COMPLAIN_S = 30.0
FOLLOW_S = 2.0


class Supervisor:
    """Runs the processes of ``specs``, in this order, until a signal comes; ends them stage by stage.

    ``ready`` is asked until it gives an empty list of what is missing; then ``announce`` is called once, and the
    children that wait are started. From then on ``follow`` says now and then what should run, None where it can't say:
    who is new is started, who is no longer wanted is ended. ``end_s`` is what ending all of them may take at least.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        environment: Mapping[str, str] | None = None,
        ready: Callable[[], list[str]] = list,
        announce: Callable[[], None] = lambda: None,
        follow: Callable[[], Sequence[ChildSpec] | None] = lambda: None,
        watch: ServersWatch | None = None,
        printer: Printer | None = None,
        end_s: float = 0.0,
    ) -> None:
        self.printer = printer or Printer()
        self._selector = selectors.DefaultSelector()
        self.children = [Child(spec, self.printer, self._selector) for spec in specs]
        self._base = dict(os.environ if environment is None else environment)
        self._ready, self._announce, self._watch, self._wanted = ready, announce, watch, follow
        self._leaving: list[Child] = []
        self._end_s = end_s
        self._announced = False
        self._asked: signal.Signals | None = None

    def run(self) -> int:
        """Runs until SIGINT or SIGTERM; gives the exit code. The caller then closes the servers."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._on_signal)
        try:
            self._supervise()
        except BrokenPipeError:
            # Nobody reads what we print (`make run | head`): end quietly, in order.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        finally:
            self._end_all()
            self._selector.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0

    def stop(self) -> None:
        """Asks the loop to end."""
        self._asked = signal.SIGTERM

    # --- The loop ---

    def _supervise(self) -> None:
        for child in self.children:
            if not child.spec.waits:
                child.start(self._environment())
        began = next_look = next_follow = time.monotonic()
        complain_at = began + COMPLAIN_S
        while self._asked is None:
            self._pass_output(TICK_S)
            now = time.monotonic()
            self._restart_the_dead(now)
            if now < next_look:
                continue
            next_look = now + LOOK_S
            if self._watch is not None and self._watch.look():
                self._start_anew()
            if not self._announced:
                missing = self._ready()
                if not missing:
                    self._open_the_house()
                elif now > complain_at:
                    complain_at = now + COMPLAIN_S
                    self.printer.line("up", f"not ready after {now - began:.0f} s: {'; '.join(missing)}")
            elif now >= next_follow:
                next_follow = now + FOLLOW_S
                self._follow()

    def _restart_the_dead(self, now: float) -> None:
        for child in self.children:
            child.look(now)
            if child.restart_at is not None and now >= child.restart_at:
                child.start(self._environment())

    def _follow(self) -> None:
        """Starts and ends children as the house is asked to be now."""
        self._leaving = [child for child in self._leaving if not child.ended()]
        specs = self._wanted()
        if specs is None:
            return
        known, wanted = {child.name for child in self.children}, {spec.name for spec in specs}
        for spec in specs:
            if spec.name not in known and spec.name not in {child.name for child in self._leaving}:
                child = Child(spec, self.printer, self._selector)
                self.children.append(child)
                child.say("is wanted now: it starts")
                child.start(self._environment())
        for child in [child for child in self.children if child.name not in wanted]:
            child.say("is no longer wanted: it ends")
            child.signal_group(signal.SIGTERM)
            self.children.remove(child)
            self._leaving.append(child)

    def _open_the_house(self) -> None:
        self._announced = True
        self._announce()
        for child in self.children:
            if child.spec.waits:
                child.start(self._environment())

    def _start_anew(self) -> None:
        """Ends and starts every child: the servers have other addresses now."""
        self.printer.line("up", "the servers have new addresses; every process starts again")
        for child in self.children:
            if child.pid is not None:
                child.signal_group(signal.SIGTERM)

    def _pass_output(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            key.data()

    def _environment(self) -> dict[str, str]:
        servers = self._watch.lease.environment() if self._watch else {}
        return {**self._base, **servers}

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked = signal.Signals(number)

    # --- The end ---

    def _end_all(self) -> None:
        """Ends the children stage by stage: who sends first, who serves last. The late are killed.

        Each stage has its own patience, and what the stages before it have left over.
        """
        self.children += [child for child in self._leaving if not child.ended()]
        stages = [
            [child for child in self.children if child.spec.stage == stage]
            for stage in sorted({child.spec.stage for child in self.children})
        ]
        patience = [max(child.spec.last_s for child in group) for group in stages]
        deadline = time.monotonic() + max(0.0, self._end_s - sum(patience))
        for group, own in zip(stages, patience, strict=True):
            deadline += own
            self._end(group, deadline)

    def _end(self, group: list[Child], deadline: float) -> None:
        for child in group:
            child.signal_group(signal.SIGTERM)
        while self._any_runs(group) and time.monotonic() < deadline:
            self._quietly(lambda: self._pass_output(0.02))
        for child in group:
            if not child.ended():
                self._quietly(partial(child.say, "did not end in time: killed"))
            child.signal_group(signal.SIGKILL)
        late = time.monotonic() + 1.0
        while self._any_runs(group) and time.monotonic() < late:
            self._quietly(lambda: self._pass_output(0.02))

    @staticmethod
    def _any_runs(group: list[Child]) -> bool:
        """Whether one of them still runs; each is asked, so that each one's last words are printed."""
        return sum(not child.ended() for child in group) > 0

    @staticmethod
    def _quietly(step: Callable[[], None]) -> None:
        try:
            step()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
