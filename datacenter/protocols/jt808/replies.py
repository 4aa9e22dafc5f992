"""General replies by the dozen (批量平台通用应答): many 0x8001 frames for one terminal, built without the tables.

A gateway answers each position once it is committed; this is its hottest way out. The same bytes as ``seal`` gives.
"""

from collections.abc import Sequence

from datacenter.protocols.jt808.frame import ESCAPE, FLAG, checksum, escape
from datacenter.protocols.jt808.header import Edition, Header

GENERAL_REPLY = 0x8001
_BODY = 5


ReplyHead = tuple[bytes, int]
"""Header of a 0x8001 up to its serial number, and the XOR over it: what one terminal's replies share."""


def reply_head(phone: str, edition: Edition, version: int = 1) -> ReplyHead:
    """What ``general_replies`` needs to know of a terminal."""
    prefix = Header(GENERAL_REPLY, _BODY, phone, 0, edition, version=version).pack()[:-2]
    return prefix, checksum(prefix)


def general_replies(
    head: ReplyHead,
    first_serial: int,
    ack_serials: Sequence[int],
    ack_ids: Sequence[int] | int,
    result: int = 0,
) -> bytes:
    """Frames that answer ``ack_serials`` in order, ready to send, numbered from ``first_serial`` and wrapping.

    ``head`` comes from ``reply_head``; ``ack_ids`` is one message id for all, or one for each.
    """
    ids = (ack_ids,) * len(ack_serials) if isinstance(ack_ids, int) else ack_ids
    prefix, base = head
    base ^= result
    out: list[bytes] = []
    serial = first_serial
    for ack_serial, ack_id in zip(ack_serials, ids, strict=True):
        serial &= 0xFFFF
        folded = serial ^ ack_serial ^ ack_id
        tail = serial << 40 | ack_serial << 24 | ack_id << 8 | result
        check = base ^ (folded >> 8) ^ (folded & 0xFF)
        raw = prefix + (tail << 8 | check).to_bytes(8, "big")
        if ESCAPE in raw or FLAG in raw:
            raw = escape(raw)
        out.append(raw)
        serial += 1
    return FLAG + b"\x7e\x7e".join(out) + FLAG if out else b""
