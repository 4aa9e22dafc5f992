"""One simulated terminal under a test's hand (单个模拟终端), by JT/T 808 or JT/T 905, over a real socket.

It registers, authenticates, answers every order and keeps what is not acknowledged exactly as the terminals of
``manage.py simulate`` do; only what it reports is the test's to say::

    async with SimulatedTerminal(a_vehicle(phone="12100000001", plate="辽LH1234"), "127.0.0.1", port) as terminal:
        await terminal.report(latitude_deg=41.1, longitude_deg=122.0, speed_kmh=40)   # returns once acknowledged
        text = await terminal.next(0x8300)                # the next order of that kind, decoded; it is answered already
        await terminal.press_emergency()                  # alarm bit 0 until acknowledged or confirmed
        await terminal.go_offline()                       # the line is gone; reports wait
        await terminal.come_back()                        # and go first on the next one
        terminal.received, terminal.texts                 # orders so far; texts on the driver's screen

In a synchronous test (Playwright) it runs in a thread of its own: ``with running(SimulatedTerminal(…)) as terminal:``,
then ``terminal.call(terminal.press_emergency())``. The vehicle is any of the demo fleet, or made by ``a_vehicle`` to
match a row of the registry; edition ``"905"`` makes it a taxi's. Nothing waits for people: questions are answered and
pictures taken at once.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Self, TypeVar

from datacenter.protocols.jt808.bits import Alarm
from datacenter.protocols.jt808.extras import Extra
from datacenter.protocols.layout import Message
from datacenter.simulator.desk import Desk
from datacenter.simulator.fleet import DemoVehicle, demo_fleet
from datacenter.simulator.spot import Spot
from datacenter.simulator.tally import Tally
from datacenter.simulator.taxi_terminal import TaxiTerminal
from datacenter.simulator.terminal import ONLINE, Terminal

T = TypeVar("T")
WAIT_S = 10.0
_TICK_S = 0.05
_PANJIN = Spot(0, 41_119_900, 122_070_700, mileage_hm=123_456, status=3)


def a_vehicle(**facts: Any) -> DemoVehicle:
    """The demo fleet's first vehicle with these facts instead; ``phone`` is padded as its edition needs."""
    vehicle = replace(demo_fleet()[0], **facts)
    width = 20 if vehicle.edition == "2019" else 12
    return replace(vehicle, phone=vehicle.phone.lstrip("0").zfill(width))


class SimulatedTerminal:
    """One terminal; an async context that is online inside."""

    def __init__(
        self,
        vehicle: DemoVehicle,
        host: str = "127.0.0.1",
        port: int = 7611,
        *,
        hurry: float = 0.0,
        timeout_s: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.vehicle, self.host, self.port = vehicle, host, port
        self.place = _PANJIN
        self.tally = Tally()
        self._next_serial = 0
        form = TaxiTerminal if vehicle.edition == "905" else Terminal
        self.line = form(
            vehicle,
            self.tally,
            serial=self._serial,
            lost=lambda _: None,
            clock=clock,
            window=512,
            timeout_s=timeout_s,
            kept=10_000,
            where=self._where,
            hurry=hurry,
        )
        self._clock = clock
        self.desk.lost_share = 0.0
        self._read = 0
        self._ticking: asyncio.Task[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    # What a test asks.

    @property
    def desk(self) -> Desk:
        """Its desk: what it was told and keeps."""
        return self.line.desk

    @property
    def received(self) -> list[Message]:
        """Orders so far, decoded, in order."""
        return list(self.desk.received)

    @property
    def texts(self) -> list[str]:
        """Texts on the driver's screen."""
        return self.desk.notes.texts

    @property
    def errors(self) -> dict[str, int]:
        """What went wrong, by kind."""
        return dict(self.tally.errors)

    async def next(self, message_id: int, wait_s: float = WAIT_S) -> Any:
        """The next order with that message id since the last one asked for. Raises ``TimeoutError``."""
        found: list[Message] = []

        def came() -> bool:
            late = self.received[self._read :]
            place = next((number for number, one in enumerate(late) if one.message_id == message_id), None)
            if place is not None:
                found.append(late[place])
                self._read += place + 1
            return bool(found)

        await self._until(came, wait_s)
        return found[0]

    async def report(
        self,
        *extras: Extra,
        latitude_deg: float | None = None,
        longitude_deg: float | None = None,
        speed_kmh: float | None = None,
        bearing_deg: int | None = None,
        status: int | None = None,
        alarms: int = 0,
        time_s: int | None = None,
        wait: bool = True,
    ) -> int:
        """Report a position, by default where it was last and now; its serial number, once acknowledged.

        ``status`` and ``alarms`` are JT/T 808's words, for a taxi too. ``wait=False`` returns at once. Raises
        ``TimeoutError``.
        """
        told = {
            "latitude_e6": None if latitude_deg is None else round(latitude_deg * 1e6),
            "longitude_e6": None if longitude_deg is None else round(longitude_deg * 1e6),
            "speed_dkmh": None if speed_kmh is None else round(speed_kmh * 10),
            "bearing_deg": bearing_deg,
            "status": status,
        }
        self.place = replace(self.place, time_s=time_s or 0, **{k: v for k, v in told.items() if v is not None})
        serial = self.desk.report(*extras, alarms=alarms)
        self.place = replace(self.place, time_s=0)
        if wait:
            await self.acknowledged(serial)
        return serial

    async def acknowledged(self, serial: int, wait_s: float = WAIT_S) -> None:
        """Wait until the platform has acknowledged that position. Raises ``TimeoutError``."""
        await self._until(lambda: not self.line._is_open(serial), wait_s)

    async def press_emergency(self, *, wait: bool = True) -> int:
        """The emergency button: alarm bit 0 at once, and in all positions until that is acknowledged."""
        serial = self.desk.raise_alarm(int(Alarm.EMERGENCY))
        if wait:
            await self.acknowledged(serial)
        return serial

    async def send(self, message: Message, *, wait: bool = True) -> None:
        """Any other message, kept until the platform has answered. Raises ``TimeoutError``."""
        self.desk.now = self._clock()
        self.desk.keep(message)
        if wait:
            await self.settled()

    async def settled(self, wait_s: float = WAIT_S) -> None:
        """Wait until nothing is owed: positions, pictures, answers that people take their time for."""
        await self._until(lambda: not (len(self.desk.errands) or self.line.unfinished or self.desk.busy), wait_s)

    async def go_offline(self) -> None:
        """The connection ends; the terminal goes on and keeps what it has to say."""
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
            self._ticking = None
        self.line.hang_up()
        await self._until(lambda: self.line.transport is None, 2.0)

    async def come_back(self, wait_s: float = WAIT_S) -> None:
        """A new connection; returns when the platform has let it in. Raises ``TimeoutError``, ``OSError``."""
        self.loop = asyncio.get_running_loop()
        await self.loop.create_connection(lambda: self.line, self.host, self.port)
        self._ticking = asyncio.create_task(self._tick())
        await self._until(lambda: self.line.state == ONLINE, wait_s)

    def call(self, work: Awaitable[T], wait_s: float = 2 * WAIT_S) -> T:
        """From another thread: do ``work`` on the terminal's loop (see ``running``)."""
        assert self.loop is not None

        async def doing() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(doing(), self.loop).result(wait_s)

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_offline()

    # The rest.

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self.line.look_after(self._clock(), 60.0)

    async def _until(self, condition: Callable[[], bool], wait_s: float) -> None:
        async with asyncio.timeout(wait_s):
            while not condition():
                await asyncio.sleep(0.01)

    def _serial(self) -> int:
        serial = self._next_serial
        self._next_serial = (serial + 1) & 0xFFFF
        return serial

    def _where(self) -> Spot:
        return self.place if self.place.time_s else replace(self.place, time_s=int(time.time()))


@contextmanager
def running(terminal: SimulatedTerminal) -> Iterator[SimulatedTerminal]:
    """The terminal online in a thread of its own, for tests that have no event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def on_loop(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(2 * WAIT_S)

    try:
        on_loop(terminal.come_back())
        yield terminal
    finally:
        on_loop(terminal.go_offline())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5.0)
        loop.close()
