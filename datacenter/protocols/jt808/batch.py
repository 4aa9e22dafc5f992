"""Many raw frames in one buffer (报文批), for the vectorised decoder.

A raw frame is unescaped: header, body, check byte, no flags. Buffers end in spare bytes, so that a window of fixed
width can be read at any frame's end without leaving the buffer.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SPARE = 64
Ints = NDArray[np.int64]


def windows(buffer: NDArray[np.uint8], dtype: np.dtype) -> np.ndarray:
    """``buffer`` as overlapping records, one beginning at each byte: one index then copies a whole record."""
    return np.ndarray((len(buffer) - dtype.itemsize + 1,), dtype=dtype, buffer=buffer, strides=(1,))


class FrameBatch:
    """``lengths[i]`` bytes from ``starts[i]`` are frame i. ``bad_escape[i]`` marks what could not be unescaped."""

    __slots__ = ("bad_escape", "buffer", "lengths", "starts")

    def __init__(
        self, buffer: NDArray[np.uint8], starts: Ints, lengths: Ints, bad_escape: NDArray[np.bool_] | None = None
    ) -> None:
        ends = int((starts + lengths).max()) if len(starts) else 0
        if ends + SPARE > len(buffer):
            buffer = np.concatenate((buffer, np.zeros(SPARE, np.uint8)))
        self.buffer, self.starts, self.lengths, self.bad_escape = buffer, starts, lengths, bad_escape

    def __len__(self) -> int:
        return len(self.starts)

    def frame(self, index: int) -> bytes:
        """The bytes of one frame."""
        start = int(self.starts[index])
        return self.buffer[start : start + int(self.lengths[index])].tobytes()

    @classmethod
    def from_frames(cls, frames: Sequence[bytes]) -> "FrameBatch":
        return cls.from_blob(b"".join(frames), np.fromiter(map(len, frames), np.int64, len(frames)))

    @classmethod
    def from_blob(cls, blob: bytes | bytearray | memoryview, lengths: np.ndarray) -> "FrameBatch":
        """Frames that lie in ``blob`` one behind the other; ``lengths`` of any integer type."""
        buffer = np.empty(len(blob) + SPARE, np.uint8)
        buffer[: len(blob)] = np.frombuffer(blob, np.uint8)
        buffer[len(blob) :] = 0
        sizes = lengths.astype(np.int64)
        if len(sizes) and (int(sizes.min()) < 0 or int(sizes.sum()) > len(blob)):
            raise ValueError("lengths reach past the blob")
        ends = np.cumsum(sizes)
        return cls(buffer, ends - sizes, sizes)


def split_stream(data: bytes) -> FrameBatch:
    """The frames between the flags of ``data``, unescaped; bytes outside the first and last flag are left out.

    Same rule as ``FrameSplitter`` and ``unescape``, without a bound on a frame's length.
    """
    wire = np.frombuffer(data, np.uint8)
    flags = np.flatnonzero(wire == 0x7E)
    if len(flags) < 2:
        none = np.zeros(0, np.int64)
        return FrameBatch(np.zeros(SPARE, np.uint8), none, none)
    marks = np.flatnonzero(wire == 0x7D)
    bad: NDArray[np.bool_] | None = None
    if len(marks):
        after = wire.take(marks + 1, mode="clip")
        owner = np.searchsorted(flags, marks)  # the flag that ends the segment a mark lies in
        good = (after == 1) | (after == 2)
        if not good.all():
            wrong = np.bincount(owner[~good], minlength=len(flags) + 1)
            bad = wrong[1 : len(flags)] > 0
            marks, after, owner = marks[good], after[good], owner[good]
        keep = np.ones(len(wire), np.bool_)
        keep[marks] = False
        size = len(wire) - len(marks)
        buffer = np.zeros(size + SPARE, np.uint8)
        np.compress(keep, wire, out=buffer[:size])
        buffer[marks - np.arange(len(marks))] = after + np.uint8(0x7C)  # 01 and 02 stand for 7d and 7e
        flags = flags - np.cumsum(np.bincount(owner, minlength=len(flags) + 1))[:-1]
    else:
        buffer = np.zeros(len(wire) + SPARE, np.uint8)
        buffer[: len(wire)] = wire
    starts, lengths = flags[:-1] + 1, np.diff(flags) - 1
    if not lengths.all():
        whole = lengths > 0
        starts, lengths = starts[whole], lengths[whole]
        bad = bad[whole] if bad is not None else None
    return FrameBatch(buffer, starts, lengths, bad)
