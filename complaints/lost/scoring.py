"""How well a ride fits what a caller remembers (符合程度): a likelihood, not points. Pure, on columns.

Each part of the memory has an error of which only the size is known: the caller says "give or take so much". Anywhere
inside that is taken to be equally likely, so the error's variance is that of a uniform one: a disc of radius r has r/2
along each axis, an interval ±w has w/√3. Errors are normal with that variance, plus what the track itself leaves open
(``GAP_MPS``), and one memory in ``1 / WILD`` is wrong by ``WILDLY`` times as much: a caller who mixes up one thing must
not lose the taxi. Parts are taken to be independent. docs/lost-property.md says how each figure was come by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WILD, WILDLY = 0.05, 3.0
REACH = 3.5
"""Rides farther off than this many times "give or take" are not looked at. A caller twice as unsure as was entered
still finds the taxi (of 2.5 one in ten was out of reach), and who was right about it loses nothing."""
GAP_MPS = 4.0
"""How fast a taxi rolls where people get in and out: half the time between two reports leaves so many metres open."""
GNSS_M = 10.0
FARE_SHARE, FARE_LEAST_JIAO = 0.08, 10.0
"""People tell a fare rounded to the yuan, or to five; a receipt is exact."""
GUESS_SHARE, GUESS_LEAST_JIAO = 0.2, 20.0
"""A fare worked out from the distance by the tariff leaves waiting, night and surcharges out."""
WAY_SHARE, WAY_LEAST_M = 0.2, 500.0
COLOUR_RIGHT, PLATE_RIGHT, SEATS_RIGHT = 0.95, 0.9, 0.98
"""How often people are right about the colour of a plate, and about signs of it; nobody sits where there is no seat."""
_M_PER_DEG = 111_195.0
FARTHEST = 8.0  # spreads; beyond it nothing gets worse


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the memory held against each ride, columns of shape (n,).

    ``log`` is the logarithm of its likelihood; ``fit`` the share of right rides that would fit this part worse, from 0
    to 1; ``off`` the error in the part's own unit. A ride of which the part says nothing has ``fit`` nan.
    """

    name: str
    log: Floats
    fit: Floats
    off: Floats


def place(name: str, metres: Floats, radius_m: float, gap_s: Floats) -> Part:
    """How far a place lies from where the caller says."""
    spread = np.sqrt((radius_m / 2) ** 2 + (gap_s / 2 * GAP_MPS) ** 2 + GNSS_M**2)
    z = np.minimum(metres / spread, FARTHEST)
    return Part(name, _mixed(z, spread, 2), np.exp(-(z**2) / 2), metres)


def moment(name: str, seconds: Floats, within_s: float, gap_s: Floats) -> Part:
    """How much earlier (negative) or later a moment lies than the caller says."""
    spread = np.sqrt(within_s**2 / 3 + gap_s**2 / 12 + 1)
    z = np.minimum(np.abs(seconds) / spread, FARTHEST)
    return Part(name, _mixed(z, spread, 1), _beyond(z), seconds)


def amount(name: str, difference: Floats, spread: Floats) -> Part:
    """A fare or a distance; nan where the ride has none: such a ride is as likely as the average of the others."""
    known = ~np.isnan(difference)
    z = np.where(known, np.minimum(np.abs(np.nan_to_num(difference)) / spread, FARTHEST), 0.0)
    log = _mixed(z, spread, 1)
    usual = math.log(float(np.exp(log[known]).mean())) if known.any() else 0.0
    return Part(name, np.where(known, log, usual), np.where(known, _beyond(z), np.nan), difference)


def sign(name: str, holds: Floats, right: float) -> Part:
    """Something that is so (1), is not (0), or nobody knows (nan)."""
    known = ~np.isnan(holds)
    chance = np.where(holds == 1, right, 1 - right)
    return Part(name, np.where(known, np.log(chance), math.log(0.5)), np.where(known, chance, np.nan), holds)


def together(parts: list[Part], count: int) -> tuple[Floats, Floats, Floats]:
    """(log likelihood, share of all likelihood, fit) of each ride; ``fit`` is the geometric mean of the parts'."""
    log = np.zeros(count)
    fits = np.zeros(count)
    said = np.zeros(count)
    for part in parts:
        log = log + part.log
        known = ~np.isnan(part.fit)
        fits += np.where(known, np.log(np.maximum(np.nan_to_num(part.fit, nan=1.0), 1e-6)), 0.0)
        said += known
    if not count:
        return log, log, log
    weight = np.exp(log - log.max())
    return log, weight / weight.sum(), np.exp(fits / np.maximum(said, 1))


def _mixed(z: Floats, spread: Floats, axes: int) -> Floats:
    """Log density of a normal error along ``axes`` axes, some of them ``WILDLY`` wider."""
    plain = (1 - WILD) * np.exp(-(z**2) / 2)
    wild = WILD * np.exp(-((z / WILDLY) ** 2) / 2) / WILDLY**axes
    log: Floats = np.log(plain + wild) - axes * np.log(spread * math.sqrt(2 * math.pi))
    return log


def _beyond(z: Floats) -> Floats:
    """Share of normal errors of more than ``z`` spreads either way (Abramowitz and Stegun 7.1.26)."""
    x = z / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    share: Floats = poly * np.exp(-(x**2))
    return share


def passed_m(lat: Floats, lon: Floats, spots: list[tuple[float, float]]) -> list[float]:
    """How near a track (degrees, in order of time) came to each of ``spots`` in their order, in metres.

    Between two fixes the way is straight; a later spot is passed no earlier than the one before it, and of all such
    passings those count whose squares add up to the least.
    """
    if not len(lat):
        return [math.inf] * len(spots)
    near = [_to_ways(lat, lon, spot) for spot in spots]
    sums: list[Floats] = []
    for metres in near:
        sums.append(metres**2 + (np.minimum.accumulate(sums[-1]) if sums else 0.0))
    found: list[float] = []
    until = len(near[0])
    for metres, total in zip(reversed(near), reversed(sums), strict=True):
        until = int(np.argmin(total[:until])) + 1
        found.append(float(metres[until - 1]))
    return found[::-1]


def _to_ways(lat: Floats, lon: Floats, spot: tuple[float, float]) -> Floats:
    """Metres from a spot to each way between two fixes; of a single fix to itself."""
    y, x = (lat - spot[0]) * _M_PER_DEG, (lon - spot[1]) * _M_PER_DEG * math.cos(math.radians(spot[0]))
    if len(x) == 1:
        return np.hypot(x, y)
    dx, dy = np.diff(x), np.diff(y)
    square = dx * dx + dy * dy
    foot = np.clip(-(x[:-1] * dx + y[:-1] * dy) / np.where(square > 0, square, 1.0), 0, 1)
    return np.hypot(x[:-1] + foot * dx, y[:-1] + foot * dy)
