"""Short-cuts for generated code (内联读写): what a field kind hands to ``compiled.py`` instead of being called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any


@dataclass(frozen=True, slots=True)
class Inline:
    """How ``compiled.py`` reads and writes a field of fixed size without calling its kind (内联读写).

    ``code`` is what ``struct`` calls it; ``read`` and ``write`` are Python expressions over ``{v}`` and ``names``. They
    may raise what they like on a value out of the ordinary: the kind itself is asked then. No ``write``: always.
    """

    code: str
    read: str = "{v}"
    write: str = "{v}"
    names: Mapping[str, Any] = field(default_factory=dict)


_TWO_DIGITS = bytes(n // 16 * 10 + n % 16 if n // 16 < 10 and n % 16 < 10 else 255 for n in range(256))
"""What a byte of BCD says; 255 where it is none: no month, day, hour, minute or second is that high."""
_PACKED = [n // 10 << 4 | n % 10 for n in range(100)]


def read_moment(raw: bytes, zone: timezone) -> datetime:
    """The moment that six bytes of BCD name. Raises ``ValueError`` where they name none."""
    year, month, day, hour, minute, second = raw.translate(_TWO_DIGITS)
    if year > 99:
        raise ValueError(raw)
    return datetime(2000 + year, month, day, hour, minute, second, 0, zone)


def write_moment(value: datetime, zone: timezone) -> bytes:
    """Six bytes of BCD. Raises ``ValueError`` for a year outside 2000 to 2099."""
    if value.tzinfo is not zone:
        value = value.astimezone(zone)
    year = value.year - 2000
    if not 0 <= year <= 99:
        raise ValueError(value)
    packed = _PACKED
    return bytes((
        packed[year], packed[value.month], packed[value.day],
        packed[value.hour], packed[value.minute], packed[value.second],
    ))  # fmt: skip
