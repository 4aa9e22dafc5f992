"""Numbers drawn from names: deterministic, the same on every machine and Python.

What the demo makes up about a vehicle is a function of its index, never of a generator's state, so that one vehicle
stays the same whoever asks first.
"""

from zlib import crc32

_MASK = 0xFFFF_FFFF_FFFF_FFFF


def draw(purpose: str, number: int) -> int:
    """A 64-bit integer that looks random, fixed by ``purpose`` and ``number`` (splitmix64)."""
    mixed = (number * 0x9E37_79B9_7F4A_7C15 + crc32(purpose.encode()) * 0xD134_2543_DE82_EF95 + 1) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
    return mixed ^ (mixed >> 31)


def share(purpose: str, number: int) -> float:
    """A float in [0, 1), fixed by ``purpose`` and ``number``."""
    return (draw(purpose, number) >> 11) / (1 << 53)
