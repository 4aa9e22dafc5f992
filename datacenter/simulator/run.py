"""Runs many terminals against one JT/T 808 server: connects, feeds, looks after, counts.

One process and one event loop. A tick takes what the feed has due, packs all frames with numpy and hands each terminal
its own; everything else is answered as it comes.
"""

import asyncio
import heapq
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datacenter.simulator import taxi_frames
from datacenter.simulator.desk import Desk
from datacenter.simulator.draw import share
from datacenter.simulator.feeds import Feed, Handful
from datacenter.simulator.fleet import DemoVehicle, as_808
from datacenter.simulator.frames import PositionFrames
from datacenter.simulator.happenings import Happenings, press_emergency
from datacenter.simulator.offences import Offences
from datacenter.simulator.shifts import Shifts
from datacenter.simulator.spot import Spot
from datacenter.simulator.tally import AcknowledgedLog, Tally
from datacenter.simulator.taxi_terminal import TaxiTerminal
from datacenter.simulator.terminal import OFFLINE, ONLINE, Terminal

TICK_S = 0.05
_CONNECTING_AT_ONCE = 256
_LONGEST_BACK_OFF_S = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How terminals behave on the line."""

    host: str = "127.0.0.1"
    port: int = 7611
    connects_per_s: float = 1500.0
    heartbeat_s: float = 60.0
    timeout_s: float = 10.0
    window: int = 512  # frames sent and not yet acknowledged, a terminal
    kept: int = 10_000  # positions a terminal keeps, sent or not
    drain_s: float = 10.0  # wait for the last acknowledgements; starts again with each one where the feed keeps all
    acknowledged_log: Path | None = None
    wait_for_all: bool = False  # start reporting when all are online (load measurements)
    taxis_905: bool = False  # taxis that are entered so speak JT/T 905; otherwise JT/T 808, under the same number
    happenings: bool = False  # alarms, cards, waybills besides positions
    emergencies: tuple[str, ...] = ()  # phones or plates whose emergency button is pressed once they are online


class Run:
    """One run; ``await run.drive()`` gives the report."""

    def __init__(
        self,
        vehicles: Sequence[DemoVehicle],
        make_feed: Callable[[float], Feed],
        settings: Settings,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        if not settings.taxis_905:
            vehicles = [as_808(vehicle) for vehicle in vehicles]
        self._make_feed = make_feed
        self._feed: Feed | None = None
        self._started = 0.0
        self._settings = settings
        self._progress = progress
        self._clock = time.monotonic
        self.tally = Tally(log=AcknowledgedLog(settings.acknowledged_log) if settings.acknowledged_log else None)
        self._serials = np.zeros(len(vehicles), np.int64)
        self._to_press = {name.lstrip("0") for name in settings.emergencies}
        self._marked: dict[int, Desk] = {}  # rows whose desk adds bits to their positions
        self.terminals = [self._terminal(row, vehicle) for row, vehicle in enumerate(vehicles)]
        self._stop = asyncio.Event()
        self._connects: list[tuple[float, int]] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._packers: list[tuple[np.ndarray, PositionFrames | taxi_frames.PositionFrames]] = []
        self._shifts: Shifts | None = None
        self._happenings = Happenings(self.terminals) if settings.happenings else None
        self._offences = Offences(self.terminals) if settings.happenings else None
        for edition in ("2013", "2019", "905"):
            rows = [row for row, vehicle in enumerate(vehicles) if vehicle.edition == edition]
            if edition == "905" and not rows:
                continue
            local = np.full(len(vehicles), -1, np.int64)
            local[rows] = np.arange(len(rows))
            own = [vehicles[row] for row in rows]
            self._packers.append((local, _packer(edition, own)))
            if edition == "905":
                self._shifts = Shifts(local, [self.terminals[row] for row in rows])

    def stop(self) -> None:
        """End soon: no new positions, no long wait for acknowledgements."""
        self._stop.set()

    @property
    def connected(self) -> int:
        """Terminals that are registered and authenticated now."""
        return sum(terminal.state == ONLINE for terminal in self.terminals)

    async def drive(self) -> dict[str, Any]:
        """Connect, report until the feed ends or :meth:`stop`, wait for the last acknowledgements, hang up.

        ``cpu_s`` in the report is this process's CPU from the first report on: without start and, where the run waits
        for all, without connecting.
        """
        now = self._clock()
        per_s = self._settings.connects_per_s
        self._connects = [(now + row / per_s, row) for row in range(len(self.terminals))]
        housekeeping = asyncio.create_task(self._keep_house())
        try:
            if self._settings.wait_for_all:
                await self._until(lambda: self.connected == len(self.terminals), 120.0)
            feed = self._feed = self._make_feed(time.time())
            self._started = self._clock()
            if feed.keeps_all:
                for terminal in self.terminals:
                    terminal.kept = sys.maxsize
            cpu_s = time.process_time()
            await self._report(feed)
            if not self._stop.is_set():
                await self._drain(feed)
            elif self.connected:
                await self._until(lambda: not any(t.pending for t in self.terminals), 1.0, heed_stop=False)
            report = self.tally.report(self.connected, len(self.terminals))
            cpu_s = time.process_time() - cpu_s
            each = round(cpu_s / report["acknowledged"] * 1e6, 2) if report["acknowledged"] else None
            return report | {"cpu_s": round(cpu_s, 2), "cpu_us_per_position": each}
        finally:
            housekeeping.cancel()
            for terminal in self.terminals:
                terminal.lost = _ignore
                if terminal.transport is not None:
                    terminal.transport.close()
            for task in self._connecting:
                task.cancel()
            if self.tally.log:
                self.tally.log.close()

    async def _report(self, feed: Feed) -> None:
        started = self._started = self._clock()
        while not feed.finished and not self._stop.is_set():
            now = self._clock()
            handful = feed.take(now - started, self._room)
            if handful is not None:
                self.tally.begin(now)
                self._hand_out(handful, keeps_all=feed.keeps_all)
            if self._happenings is not None:
                self._happenings.look(now, self._spots)
            if self._offences is not None:
                self._offences.look(now, self._spots)
            left = TICK_S - (self._clock() - now)
            # Even a busy tick lets acknowledgements in.
            await asyncio.sleep(max(left, 0.001))

    def _hand_out(self, handful: Handful, *, keeps_all: bool) -> None:
        """Number, pack and hand over the positions of one tick."""
        now, who, counts = self._clock(), handful.who, handful.counts
        offsets = np.cumsum(counts) - counts
        rows = np.repeat(who, counts)
        serials = self._serials[who]
        self._serials[who] = (serials + counts) & 0xFFFF
        if self._marked or self._shifts is not None:
            handful = self._amended(handful, rows)
        each = (np.repeat(serials - offsets, counts) + np.arange(len(rows))) & 0xFFFF
        packed: list[Any] = [None] * len(rows)
        for local, packer in self._packers:
            mine = np.flatnonzero(local[rows] >= 0)
            if len(mine) == len(rows):
                packed = packer.pack(local[rows], each, handful.columns)
            elif len(mine):
                columns = {name: column[mine] for name, column in handful.columns.items()}
                for place, sealed in zip(
                    mine.tolist(), packer.pack(local[rows[mine]], each[mine], columns), strict=True
                ):
                    packed[place] = sealed
        held = handful.held.tolist() if handful.held is not None else None
        for place, (row, at, count, serial) in enumerate(
            zip(who.tolist(), offsets.tolist(), counts.tolist(), serials.tolist(), strict=True)
        ):
            terminal = self.terminals[row]
            if held and held[place]:
                terminal.held = True
                terminal.keep(packed[at : at + count], serial)
            else:
                terminal.offer(packed[at : at + count], serial, now)

    def _amended(self, handful: Handful, rows: np.ndarray) -> Handful:
        """Bits that desks add, and what taximeters say."""
        columns = dict(handful.columns)
        if self._marked:
            columns["alarms"], columns["status"] = columns["alarms"].copy(), columns["status"].copy()
            for row, desk in self._marked.items():
                mine = rows == row
                if mine.any():
                    columns["alarms"][mine] |= np.uint32(desk.alarms)
                    columns["status"][mine] |= np.uint32(desk.status)
        if self._shifts is not None:
            columns["taxi_status"] = self._shifts.watch(rows, columns)
        return Handful(handful.who, handful.counts, columns, handful.held)

    def _spots(self, rows: Sequence[int]) -> list[Spot]:
        """Where these vehicles are."""
        assert self._feed is not None
        return self._feed.where(np.asarray(rows, np.int64), self._clock() - self._started)

    def _where(self, row: int) -> Spot:
        if self._feed is None:
            return Spot(int(time.time()), 41_119_900, 122_070_700)
        return self._spots([row])[0]

    def _mark(self, row: int, desk: Desk) -> None:
        if desk.alarms or desk.status:
            self._marked[row] = desk
        else:
            self._marked.pop(row, None)

    def _room(self) -> np.ndarray:
        """How many more positions each terminal's window takes."""
        window = self._settings.window
        return np.array(
            [max(0, window - t.unfinished) if t.state == ONLINE else 0 for t in self.terminals], dtype=np.int64
        )

    async def _drain(self, feed: Feed) -> None:
        """Wait for the last acknowledgements: as long as some come where nothing may be left, else a fixed while."""
        last, since = -1, self._clock()
        for terminal in self.terminals:
            terminal.release(since)
        while any(terminal.unfinished for terminal in self.terminals) and not self._stop.is_set():
            if feed.keeps_all and self.tally.acknowledged != last:
                last, since = self.tally.acknowledged, self._clock()
            patience = max(self._settings.drain_s, 60.0 if feed.keeps_all else 0.0)
            if self._clock() - since > patience:
                return
            await self._pause(0.1)

    async def _until(self, condition: Callable[[], bool], longest_s: float, *, heed_stop: bool = True) -> None:
        ends = self._clock() + longest_s
        while not condition() and self._clock() < ends and not (heed_stop and self._stop.is_set()):
            await asyncio.sleep(0.1)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _keep_house(self) -> None:
        """Connect who is due, look after everyone once a second, flush the log."""
        looked = said = self._clock()
        while True:
            now = self._clock()
            while self._connects and self._connects[0][0] <= now and len(self._connecting) < _CONNECTING_AT_ONCE:
                _, row = heapq.heappop(self._connects)
                task = asyncio.create_task(self._connect(self.terminals[row], row))
                self._connecting.add(task)
                task.add_done_callback(self._connecting.discard)
            if now - looked >= 1.0:
                looked = now
                for terminal in self.terminals:
                    terminal.look_after(now, self._settings.heartbeat_s)
                self.tally.thin()
                if self._to_press and self._feed is not None:
                    self._press_emergencies()
            if self.tally.log:
                self.tally.log.flush()
            if self._progress and now - said >= 30.0:
                said = now
                tally = self.tally
                self._progress(f"{self.connected} online, {tally.sent} sent, {tally.acknowledged} acknowledged")
            await asyncio.sleep(TICK_S)

    def _press_emergencies(self) -> None:
        for terminal in self.terminals:
            names = {terminal.vehicle.plate, terminal.vehicle.phone.lstrip("0")} & self._to_press
            if names and terminal.online:
                self._to_press -= names
                press_emergency(terminal.desk)

    async def _connect(self, terminal: Terminal, row: int) -> None:
        try:
            loop = asyncio.get_running_loop()
            await asyncio.wait_for(
                loop.create_connection(lambda: terminal, self._settings.host, self._settings.port), 15.0
            )
        except (OSError, TimeoutError) as error:
            self.tally.errors[f"connect_{type(error).__name__}"] += 1
            self._lost(terminal, row)

    def _lost(self, terminal: Terminal, row: int) -> None:
        """Try again after a back-off that doubles, with a jitter of its own."""
        terminal.failures += 1
        back_off = min(_LONGEST_BACK_OFF_S, 0.5 * 2 ** min(terminal.failures, 8))
        jitter = 0.5 + share("back off", row * 1000 + terminal.failures)
        heapq.heappush(self._connects, (self._clock() + back_off * jitter, row))

    def _dropped(self, terminal: Terminal, row: int) -> None:
        if terminal.state == OFFLINE:
            self.tally.errors["disconnected"] += 1
            self._lost(terminal, row)

    def _terminal(self, row: int, vehicle: DemoVehicle) -> Terminal:
        def serial() -> int:
            number = int(self._serials[row])
            self._serials[row] = (number + 1) & 0xFFFF
            return number

        form = TaxiTerminal if vehicle.edition == "905" else Terminal
        return form(
            vehicle,
            self.tally,
            serial=serial,
            lost=lambda terminal: self._dropped(terminal, row),
            clock=self._clock,
            window=self._settings.window,
            timeout_s=self._settings.timeout_s,
            kept=self._settings.kept,
            where=lambda: self._where(row),
            marked=lambda desk: self._mark(row, desk),
        )


def _packer(edition: str, vehicles: Sequence[DemoVehicle]) -> PositionFrames | taxi_frames.PositionFrames:
    return taxi_frames.PositionFrames(vehicles) if edition == "905" else PositionFrames(edition, vehicles)


def allow_sockets(count: int) -> None:
    """Raise the limit of open files as far as the system lets; says so on stderr where that is too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        if limit < wanted:
            print(f"only {limit} open files allowed, {wanted} wanted for {count} terminals", file=sys.stderr)


def _ignore(_terminal: Terminal) -> None:
    return None
