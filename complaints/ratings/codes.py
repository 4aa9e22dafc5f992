"""The codes on the stickers (评价码): drawn at random, and signed, so that a made-up one is refused unread.

The key is the ratings' own: the pages' secret may change, a thousand stickers in taxis do not.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings

_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another, and in addresses small letters only
_DRAWN, _SIGNED = 14, 8
LENGTH = _DRAWN + _SIGNED


def draw() -> str:
    """A new code: 14 signs drawn (69 bits), 8 signs of signature."""
    drawn = "".join(secrets.choice(_SIGNS) for _ in range(_DRAWN))
    return drawn + _signature(drawn)


def is_ours(code: str) -> bool:
    """Whether this house has drawn ``code``; whether it still holds stands in its row."""
    if len(code) != LENGTH or not code.isascii():
        return False
    return hmac.compare_digest(_signature(code[:_DRAWN]), code[_DRAWN:])


def _signature(drawn: str) -> str:
    number = int.from_bytes(_digest("code", drawn), "big")
    signs = []
    for _ in range(_SIGNED):
        number, place = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[place])
    return "".join(signs)


def sealed(purpose: str, value: str) -> str:
    """What stands for a device or an address in the rows: tells two apart, and names neither."""
    return _digest(purpose, value).hex()[:40]


def _digest(purpose: str, value: str) -> bytes:
    return hmac.new(settings.RATING_KEY.encode(), f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
