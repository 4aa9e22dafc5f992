"""The fingerprint of a location body (位置信息体指纹), one of the three parts of a report's identity.

Stored with each position and compared for ever: the recipe below never changes. The body (28 bytes and its items, the
same whether it came in 0x0200 or inside 0x0704) is padded with zero bytes to whole blocks of 64 and read as
little-endian 64-bit words w0, w1 …; all arithmetic is modulo 2**64::

    mix(x):  x ^= x >> 30;  x *= 0xBF58476D1CE4E5B9;  x ^= x >> 27;  x *= 0x94D049BB133111EB;  x ^= x >> 31
    hash  =  mix(len + sum over j of mix(w[j] + (j + 1) * 0x9E3779B97F4A7C15))

as a signed 64-bit number. It tells re-sent reports from different ones; it is no defence against forgery.
"""

import numpy as np
from numpy.typing import NDArray

from datacenter.protocols.jt808.batch import Ints, windows

STEP, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
BLOCK = 64
WORDS = BLOCK // 8
_ALL = (1 << 64) - 1
_BLOCK_TYPE = np.dtype("V64")
_KEEP = np.frombuffer(b"".join(b"\xff" * size + bytes(BLOCK - size) for size in range(BLOCK + 1)), np.uint64).reshape(
    -1, WORDS
)
"""Row n keeps the first n bytes of a block."""


def _mix_int(value: int) -> int:
    value ^= value >> 30
    value = value * FIRST & _ALL
    value ^= value >> 27
    value = value * SECOND & _ALL
    return value ^ value >> 31


def body_hash(body: bytes) -> int:
    """The fingerprint of one body, spelled out; ``body_hashes`` gives the same for many."""
    padded = body + bytes(-len(body) % BLOCK)
    total = len(body)
    for j in range(len(padded) // 8):
        word = int.from_bytes(padded[8 * j : 8 * j + 8], "little")
        total += _mix_int((word + (j + 1) * STEP) & _ALL)
    value = _mix_int(total & _ALL)
    return value - (1 << 64) if value >> 63 else value


def _mix(value: NDArray[np.uint64], spare: NDArray[np.uint64]) -> None:
    """``mix`` in place; ``spare`` is room of the same shape."""
    np.right_shift(value, np.uint64(30), out=spare)
    value ^= spare
    value *= np.uint64(FIRST)
    np.right_shift(value, np.uint64(27), out=spare)
    value ^= spare
    value *= np.uint64(SECOND)
    np.right_shift(value, np.uint64(31), out=spare)
    value ^= spare


def body_hashes(buffer: NDArray[np.uint8], starts: Ints, lengths: Ints) -> NDArray[np.int64]:
    """Fingerprints of the bodies at ``starts``; the buffer has ``SPARE`` bytes behind the last one."""
    total = lengths.astype(np.uint64)
    blocks = windows(buffer, _BLOCK_TYPE)
    rows: Ints | None = None  # None: all of them
    at, left, block = starts, lengths, 0
    while len(at):
        words = blocks[at].view(np.uint64).reshape(-1, WORDS)
        words &= _KEEP[np.minimum(left, BLOCK)]
        keys = [(block * WORDS + j + 1) * STEP & _ALL for j in range(WORDS)]
        words += np.array(keys, np.uint64)
        _mix(words, np.empty_like(words))
        part = words[:, 0] + words[:, 1]
        for j in range(2, WORDS):
            part += words[:, j]
        if rows is None:
            total += part
        else:
            total[rows] += part
        longer = np.flatnonzero(left > BLOCK)
        rows = longer if rows is None else rows[longer]
        at, left, block = at[longer] + BLOCK, left[longer] - BLOCK, block + 1
    _mix(total, np.empty_like(total))
    return total.view(np.int64)
