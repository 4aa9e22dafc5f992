"""Looks into what waits in the kernel for a socket that is not read (窥视未读数据): a button may be among it.

A shard that holds too much leaves its sockets' bytes where they are (``Shard._pause``). They stay there: peeking takes
nothing away, and once the shard goes on they are read as if nobody had looked.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.frame import FLAG, unescape

if TYPE_CHECKING:
    from datacenter.gateway.session import Session

MOST_BYTES = 1 << 18


def unread(session: Session) -> bytes:
    """The bytes that wait for ``session``; empty where there are none, or its socket is gone."""
    transport = session.transport
    handle = transport.get_extra_info("socket") if transport is not None and not transport.is_closing() else None
    if handle is None or handle.fileno() < 0:
        return b""
    # uvloop's own handle can't receive; a socket made of the same descriptor can, and must not close it.
    borrowed = socket.socket(handle.family, socket.SOCK_STREAM, fileno=handle.fileno())
    try:
        return borrowed.recv(MOST_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return b""
    finally:
        borrowed.detach()


def frames_in(data: bytes) -> tuple[list[bytes], list[int], int]:
    """Whole frames in ``data``, unescaped, with their message ids; and how many bytes need not be looked at again.

    The check byte and everything else is the decoder's to judge.
    """
    begin, end = data.find(FLAG), data.rfind(FLAG)
    frames, ids = [], []
    for piece in data[begin : end + 1].split(FLAG):
        try:
            frame = unescape(piece) if piece else b""
        except ProtocolError:
            continue
        if len(frame) > 2:
            frames.append(frame)
            ids.append(frame[0] << 8 | frame[1])
    return frames, ids, max(end, 0)
