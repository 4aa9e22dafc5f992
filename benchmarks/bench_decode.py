"""How many 0x0200 frames one core decodes in a second, from wire bytes to columns (解码基准).

``decode`` is the vectorised decoder (flags, escapes, check bytes, header, body, items, fingerprint); ``decode-table``
the message tables doing the same a frame at a time. Frames carry six additional items, as terminals on the road do.
"""

import random
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from datacenter.protocols.jt808.columns import decode, split_stream
from datacenter.protocols.jt808.extras import (
    Fuel,
    Mileage,
    RecorderSpeed,
    Satellites,
    SignalStrength,
    VehicleSignals,
)
from datacenter.protocols.jt808.frame import FLAG, seal, unescape
from datacenter.protocols.jt808.header import Edition, Header, open_frame
from datacenter.protocols.jt808.messages import MESSAGES, LocationReport

BATCH_FRAMES = 8192
TABLE_FRAMES = 5000
SECONDS = 3.0


def make_stream(frames: int, seed: int = 808) -> bytes:
    """Wire bytes of ``frames`` location reports by a few hundred vehicles, four in five under a short header."""
    rng = random.Random(seed)  # noqa: S311
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    parts: list[bytes] = []
    for number in range(frames):
        edition = Edition.V2019 if number % 5 == 0 else Edition.V2013
        items = (
            Mileage(mileage_km=rng.randrange(1 << 22) / 10),
            Fuel(fuel_l=rng.randrange(4000) / 10),
            RecorderSpeed(recorder_speed_kmh=rng.randrange(1200) / 10),
            VehicleSignals(vehicle_signals=rng.randrange(1 << 15)),
            SignalStrength(signal_strength=rng.randrange(32)),
            Satellites(satellites=rng.randrange(40)),
        )
        report = LocationReport(
            alarms=rng.choice((0, 0, 0, 2)),
            status=0xC0003,
            latitude_deg=41 + rng.random(),
            longitude_deg=121.5 + rng.random(),
            altitude_m=rng.randrange(60),
            speed_kmh=rng.randrange(1200) / 10,
            bearing_deg=rng.randrange(360),
            device_time=begin + timedelta(seconds=number),
            extras=tuple(item.pack() for item in items),
        )
        body = report.encode(edition)
        phone = f"{13900000000 + rng.randrange(400):012d}"
        parts.append(seal(Header(0x0200, len(body), phone, number & 0xFFFF, edition).pack() + body))
    return b"".join(parts)


def _rate(work: Any, frames: int, seconds: float) -> tuple[float, int]:
    """Frames a second of the fastest round, and how many rounds fitted into ``seconds``."""
    best, rounds, stop = float("inf"), 0, perf_counter() + seconds
    while perf_counter() < stop or rounds < 3:
        begin = perf_counter()
        work()
        best = min(best, perf_counter() - begin)
        rounds += 1
    return frames / best, rounds


def _by_table(stream: bytes) -> None:
    for segment in stream.split(FLAG):
        if segment:
            header, body = open_frame(unescape(segment))
            MESSAGES.decode(header.message_id, body, header.edition)


def run() -> list[dict[str, Any]]:
    """One line for the vectorised decoder, one for the tables."""
    stream = make_stream(BATCH_FRAMES)
    columns = decode(split_stream(stream))
    assert len(columns) == BATCH_FRAMES
    assert not columns.error.any()
    value, rounds = _rate(lambda: decode(split_stream(stream)), BATCH_FRAMES, SECONDS)
    few = make_stream(TABLE_FRAMES)
    table, table_rounds = _rate(lambda: _by_table(few), TABLE_FRAMES, 0)
    detail = {"batch_frames": BATCH_FRAMES, "bytes_a_frame": round(len(stream) / BATCH_FRAMES, 1), "rounds": rounds}
    return [
        {"bench": "decode", "value": round(value), "unit": "frames/s", "detail": detail},
        {"bench": "decode-table", "value": round(table), "unit": "frames/s", "detail": {"rounds": table_rounds}},
    ]


if __name__ == "__main__":
    import json

    for line in run():
        print(json.dumps(line))
