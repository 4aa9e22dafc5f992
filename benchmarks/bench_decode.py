"""How many frames one core decodes and encodes in a second, from wire bytes and to wire bytes (编解码基准).

- ``decode``: JT/T 808's 0x0200 with six additional items by the vectorised decoder: flags, escapes, check bytes,
  headers, bodies, items, fingerprints, into columns. ``decode-905``: the same for JT/T 905.
- ``decode-table…``: a message table, one frame at a time: splitter, escapes, check byte (JT/T 809: CRC), header, every
  field of the table into an object. ``plain`` has the 28 bytes that every report has; without it six items besides.
- ``encode-table…``: from such an object to the frame: every field, items included, header, check byte, escapes, flags.
"""

import random
from collections.abc import Callable, Sequence
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
from datacenter.protocols.jt808.frame import FrameSplitter, seal, unescape
from datacenter.protocols.jt808.header import Edition, Header, open_frame
from datacenter.protocols.jt808.messages import MESSAGES, LocationReport
from datacenter.protocols.jt809.frame import FrameSplitter as Splitter809
from datacenter.protocols.jt809.frame import raw_of
from datacenter.protocols.jt809.header import Edition as Edition809
from datacenter.protocols.jt809.header import Header as Header809
from datacenter.protocols.jt809.header import open_frame as open_809
from datacenter.protocols.jt809.header import sealed
from datacenter.protocols.jt809.messages import MESSAGES as JT809
from datacenter.protocols.jt809.messages import Location, LocationUp, carry
from datacenter.protocols.jt905.columns import decode as decode_905
from datacenter.protocols.jt905.extras import Altitude
from datacenter.protocols.jt905.header import MAX_ESCAPED
from datacenter.protocols.jt905.header import Header as Header905
from datacenter.protocols.jt905.header import open_frame as open_905
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.jt905.messages import LocationReport as TaxiReport

BATCH_FRAMES = 8192
TABLE_FRAMES = 5000
SECONDS = 3.0
TABLE_SECONDS = 1.5
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


def make_reports(count: int, *, items: bool = True, seed: int = 808) -> list[LocationReport]:
    """Reports by a few hundred vehicles, with six additional items each or none."""
    rng = random.Random(seed)  # noqa: S311
    out: list[LocationReport] = []
    for number in range(count):
        extras = (
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
            device_time=BEGIN + timedelta(seconds=number),
            extras=tuple(item.pack() for item in extras) if items else (),
        )
        out.append(report)
    return out


def write_808(reports: Sequence[LocationReport]) -> bytes:
    """Wire bytes of reports, four in five under a short header."""
    parts: list[bytes] = []
    for number, report in enumerate(reports):
        edition = Edition.V2019 if number % 5 == 0 else Edition.V2013
        body = report.encode(edition)
        phone = f"{13900000000 + number % 400:012d}"
        parts.append(seal(Header(0x0200, len(body), phone, number & 0xFFFF, edition).pack() + body))
    return b"".join(parts)


def read_808(stream: bytes) -> None:
    for segment in FrameSplitter(len(stream)).feed(stream):
        assert isinstance(segment, bytes)
        header, body = open_frame(unescape(segment))
        MESSAGES.decode(header.message_id, body, header.edition)


def taxi_stream(count: int) -> bytes:
    """Wire bytes of JT/T 905 reports with three additional items each."""
    rng = random.Random(905)  # noqa: S311
    parts: list[bytes] = []
    for number in range(count):
        items = (
            Mileage(mileage_km=rng.randrange(1 << 22) / 10),
            Fuel(fuel_l=rng.randrange(4000) / 10),
            Altitude(altitude_m=rng.randrange(60)),
        )
        report = TaxiReport(
            alarms=0,
            status=0x301,
            latitude_deg=41 + rng.randrange(600_000) / 600_000,
            longitude_deg=122 + rng.randrange(600_000) / 600_000,
            speed_kmh=rng.randrange(1200) / 10,
            bearing_deg=2 * rng.randrange(180),
            device_time=BEGIN + timedelta(seconds=number),
            extras=tuple(item.pack() for item in items),
        )
        body = report.encode()
        isu = f"10390{rng.randrange(400):07d}"
        parts.append(seal(Header905(0x0200, len(body), isu, number & 0xFFFF).pack() + body))
    return b"".join(parts)


def read_905(stream: bytes) -> None:
    for segment in FrameSplitter(max(MAX_ESCAPED, len(stream))).feed(stream):
        assert isinstance(segment, bytes)
        header, body = open_905(unescape(segment))
        JT905.decode(header.message_id, body)


def platform_stream(count: int) -> bytes:
    """Wire bytes of JT/T 809-2011 messages 0x1200 with a position (0x1202) in each."""
    rng = random.Random(809)  # noqa: S311
    parts: list[bytes] = []
    for number in range(count):
        place = Location.at(
            BEGIN + timedelta(seconds=number),
            longitude_deg=121.5 + rng.random(),
            latitude_deg=41 + rng.random(),
            speed_kmh=rng.randrange(120),
            mileage_km=rng.randrange(1 << 19),
            bearing_deg=rng.randrange(360),
            status=3,
        )
        message = carry(LocationUp(place), Edition809.V2011, plate=f"辽L{rng.randrange(100_000):05d}", plate_color=2)
        body = message.encode(Edition809.V2011)
        parts.append(sealed(Header809(message.message_id, number, 21_1100, Edition809.V2011), body))
    return b"".join(parts)


def read_809(stream: bytes) -> None:
    for segment in Splitter809(len(stream)).feed(stream):
        assert isinstance(segment, bytes)
        header, body = open_809(raw_of(segment))
        JT809.decode(header.message_id, body, header.edition)


def _figure(bench: str, stream: bytes, work: Callable[[], Any], frames: int, seconds: float) -> dict[str, Any]:
    """Frames a second of the fastest round; ``seconds`` full of rounds, three at least."""
    best, rounds, stop = float("inf"), 0, perf_counter() + seconds
    while perf_counter() < stop or rounds < 3:
        begin = perf_counter()
        work()
        best = min(best, perf_counter() - begin)
        rounds += 1
    detail = {"frames_a_round": frames, "bytes_a_frame": round(len(stream) / frames, 1), "rounds": rounds}
    return {"bench": bench, "value": round(frames / best), "unit": "frames/s", "detail": detail}


def run() -> list[dict[str, Any]]:
    """One line for each way."""
    batch, taxis = write_808(make_reports(BATCH_FRAMES)), taxi_stream(BATCH_FRAMES)
    columns, taxi_columns = decode(split_stream(batch)), decode_905(split_stream(taxis)).columns
    assert (len(columns), len(taxi_columns)) == (BATCH_FRAMES, BATCH_FRAMES)
    assert not columns.error.any()
    assert not taxi_columns.error.any()
    full, plain = make_reports(TABLE_FRAMES), make_reports(TABLE_FRAMES, items=False)
    with_items, without = write_808(full), write_808(plain)
    few_taxis, platform = taxi_stream(TABLE_FRAMES), platform_stream(TABLE_FRAMES)

    batches: dict[str, tuple[bytes, Callable[[], Any]]] = {
        "decode": (batch, lambda: decode(split_stream(batch))),
        "decode-905": (taxis, lambda: decode_905(split_stream(taxis))),
    }
    tables: dict[str, tuple[bytes, Callable[[], Any]]] = {
        "decode-table-plain": (without, lambda: read_808(without)),
        "decode-table": (with_items, lambda: read_808(with_items)),
        "decode-table-905": (few_taxis, lambda: read_905(few_taxis)),
        "decode-table-809": (platform, lambda: read_809(platform)),
        "encode-table-plain": (without, lambda: write_808(plain)),
        "encode-table": (with_items, lambda: write_808(full)),
    }
    return [
        *(_figure(name, stream, work, BATCH_FRAMES, SECONDS) for name, (stream, work) in batches.items()),
        *(_figure(name, stream, work, TABLE_FRAMES, TABLE_SECONDS) for name, (stream, work) in tables.items()),
    ]


if __name__ == "__main__":
    import json

    for line in run():
        print(json.dumps(line))
