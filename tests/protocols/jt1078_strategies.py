"""Hypothesis strategies for media packets of JT/T 1078, alone and as streams that arrive in pieces."""

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from datacenter.protocols.jt1078.packet import MAGIC, DataType, Mark, MediaPacket

from .strategies import u8, u16

u64 = st.integers(0, (1 << 64) - 1)
sims = st.sampled_from([12, 20]).flatmap(lambda width: st.text("0123456789", min_size=width, max_size=width))
payloads = st.one_of(st.binary(max_size=40), st.binary(max_size=6).map(lambda raw: raw + MAGIC + raw))


@st.composite
def packets(draw: st.DrawFn, sim: str = "") -> MediaPacket:
    """Any packet that the standard allows, of one terminal where ``sim`` is given."""
    data_type = draw(st.sampled_from(DataType))
    times: dict[str, Any] = {}
    if data_type != DataType.PASSTHROUGH:
        times["timestamp_ms"] = draw(u64)
    if data_type < DataType.AUDIO:
        times |= {"last_i_ms": draw(u16), "last_ms": draw(u16)}
    return MediaPacket(
        sim or draw(sims),
        draw(u8),
        int(data_type),
        int(draw(st.sampled_from(Mark))),
        draw(u16),
        draw(st.integers(0, 127)),
        draw(payloads),
        last_of_frame=draw(st.booleans()),
        first=draw(st.one_of(st.just(0x81), u8)),
        **times,
    )


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """``data`` cut at these places."""
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:stop] for start, stop in pairwise(places)]


@st.composite
def dirty_streams(draw: st.DrawFn) -> bytes:
    """Packets of one or two terminals with accidents in and between them."""
    parts: list[bytes] = []
    for _ in range(draw(st.integers(0, 6))):
        raw = bytearray(draw(packets()).encode())
        match draw(st.integers(0, 5)):
            case 0:
                raw[draw(st.integers(0, len(raw) - 1))] = draw(u8)
            case 1:
                del raw[draw(st.integers(0, len(raw))) :]
            case 2:
                raw += draw(st.binary(max_size=5))
            case _:
                pass
        parts.append(bytes(raw))
    return b"".join(parts)
