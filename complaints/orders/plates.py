"""The plates that a caller gives (所述车牌): read out of what was said, looked up, and the nearest where none is known.

A caller who is unsure says two or three. All of it is kept as said; the order is about the first that is registered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import vehicles_visible_to

MOST_SAID = 5
_SUGGESTED = 5
_PLATE_LIKE = re.compile(r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新]?[A-Z0-9]{4,8}")
# What people say for the characters that plates never have.
_HEARD = str.maketrans({"I": "1", "O": "0"})
_HOME = "辽L"


@dataclass(frozen=True, slots=True)
class Said:
    """One plate as it was said, the vehicles that have it, and else the nearest registered ones."""

    plate: str
    vehicles: tuple[Vehicle, ...]
    nearest: tuple[Vehicle, ...] = ()


def read_plates(text: str) -> list[str]:
    """The plates in ``text`` as one would write them, each once, in their order; at most ``MOST_SAID``.

    Without the province and the city's letter they are taken to be local.
    """
    found = []
    for piece in _PLATE_LIKE.findall(text.upper().replace("·", "").replace("-", "")):
        if piece[0].isascii():
            tail = piece.translate(_HEARD)
            plate = _HOME[0] + tail if len(tail) == 6 and tail[0].isalpha() else _HOME + tail
        else:
            plate = piece[:2] + piece[2:].translate(_HEARD)
        found.append(plate[:10])
    return list(dict.fromkeys(found))[:MOST_SAID]


def look_up(user: Any, text: str) -> list[Said]:
    """Each plate of ``text`` with what the register knows of it, inside the user's scope; three queries at most."""
    plates = read_plates(text)
    if not plates:
        return []
    rows = vehicles_visible_to(user).exclude(state=Vehicle.State.RETIRED)
    known: dict[str, list[Vehicle]] = {}
    for vehicle in rows.filter(plate__in=plates):
        known.setdefault(vehicle.plate, []).append(vehicle)
    unknown = [plate for plate in plates if plate not in known]
    near = nearest(rows, unknown)
    return [Said(plate, tuple(known.get(plate, ())), near.get(plate, ())) for plate in plates]


def nearest(rows: Any, plates: Sequence[str]) -> dict[str, tuple[Vehicle, ...]]:
    """The registered plates that differ least from each of ``plates``: one character wrong, left out or swapped.

    One query: a pattern with a gap at each character finds all that are near, the distance orders them.
    """
    patterns = {pattern for plate in plates for pattern in _patterns(plate)}
    if not patterns:
        return {}
    wanted = Q(plate__regex="^(" + "|".join(sorted(patterns)) + ")$")
    candidates = list(rows.filter(wanted)[:200])
    result = {}
    for plate in plates:
        ranked = sorted((distance(plate, one.plate), one.plate, one.pk, one) for one in candidates)
        result[plate] = tuple(entry[3] for entry in ranked if entry[0] <= 2)[:_SUGGESTED]
    return result


def _patterns(plate: str) -> list[str]:
    """Regular expressions of what is one slip away from ``plate``."""
    letters = [re.escape(char) for char in plate]
    wrong = ["".join([*letters[:at], ".", *letters[at + 1 :]]) for at in range(len(letters))]
    missing = ["".join([*letters[:at], ".", *letters[at:]]) for at in range(2, len(letters) + 1)]
    surplus = ["".join([*letters[:at], *letters[at + 1 :]]) for at in range(2, len(letters))]
    swapped = [
        "".join([*letters[:at], letters[at + 1], letters[at], *letters[at + 2 :]]) for at in range(2, len(letters) - 1)
    ]
    return [*wrong, *missing, *surplus, *swapped] if len(plate) >= 5 else []


def distance(one: str, other: str) -> int:
    """How many characters must be changed, put in or left out, or neighbours swapped, to make ``other`` of ``one``."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, 1):
        above, before = before, row
        row = [at]
        for to, wanted in enumerate(other, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (char != wanted))
            if at > 1 and to > 1 and char == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, above[to - 2] + 1)
            row.append(cost)
    return row[-1]
