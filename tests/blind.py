"""A terminal that reports live, keeps what it can't send, and hands that in by 0x0704 later (盲区补传)."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from datacenter.protocols.jt808.frame import unescape
from datacenter.simulator import frames
from datacenter.simulator.fleet import DemoVehicle


class BlindTerminal(asyncio.Protocol):
    """One vehicle's terminal with its whole track, ``columns`` as ``PositionFrames.pack`` takes them.

    Call ``done()`` after ``connect``, ``say`` and ``hand_in``: it waits until everything sent is acknowledged.
    """

    def __init__(self, vehicle: DemoVehicle, columns: dict[str, np.ndarray]) -> None:
        self.vehicle, self.columns = vehicle, columns
        self._packer = frames.PositionFrames(vehicle.edition, [vehicle])
        self._serial, self._owed, self._rest = 1, 1, b""
        self._done = asyncio.Event()

    async def connect(self, port: int) -> None:
        """Open the connection and register; as terminals do, try again while nobody listens."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30):
            while True:
                try:
                    await loop.create_connection(lambda: self, "127.0.0.1", port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.2)
                else:
                    return

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.transport.write(frames.register(self.vehicle, 0))

    def data_received(self, data: bytes) -> None:
        *whole, self._rest = (self._rest + data).split(b"\x7e")
        for piece in whole:
            if piece:
                self._reply(unescape(piece))

    def _reply(self, raw: bytes) -> None:
        head = 17 if self.vehicle.edition == "2019" else 12
        if raw[:2] == b"\x81\x00":
            assert raw[head + 2] == 0, f"registration refused: {raw.hex()}"
            self.transport.write(frames.authenticate(self.vehicle, 1, raw[head + 3 : -1].decode("ascii")))
            return
        assert raw[head + 4] == 0, f"refused: {raw.hex()}"
        self._owed -= 1
        if not self._owed:
            self._done.set()

    def say(self, first: int, last: int) -> None:
        """Rows ``first`` to before ``last`` of the track as live reports."""
        self._send(self._reports(first, last))

    def hand_in(self, first: int, last: int) -> None:
        """Rows ``first`` to before ``last`` in 0x0704 of twenty."""
        bodies = [body for one in self._reports(first, last) for body in frames.bodies(one, self.vehicle.edition)]
        pieces = [bodies[at : at + frames.BATCH_ITEMS] for at in range(0, len(bodies), frames.BATCH_ITEMS)]
        serials = self._serials(len(pieces))
        self._send(
            [frames.batch(self.vehicle, int(serial), piece) for serial, piece in zip(serials, pieces, strict=True)]
        )

    async def done(self) -> None:
        """Until everything sent is acknowledged."""
        await self._done.wait()

    def _send(self, sent: list[bytes]) -> None:
        self._done.clear()
        self._owed += len(sent)
        self.transport.write(b"".join(sent))

    def _reports(self, first: int, last: int) -> list[bytes]:
        rows = {name: column[first:last] for name, column in self.columns.items()}
        return self._packer.pack(np.zeros(last - first, np.int64), self._serials(last - first), rows)

    def _serials(self, count: int) -> np.ndarray:
        serials = (self._serial + 1 + np.arange(count)) % 65_536
        self._serial += count
        return serials
