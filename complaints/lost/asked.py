"""What a caller remembers of a ride (乘客的记忆), as a question. Times are unix seconds, places degrees of WGS-84."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere, give or take ``radius_m``."""

    latitude: float
    longitude: float
    radius_m: int
    name: str = ""

    @property
    def e6(self) -> tuple[int, int]:
        """(latitude, longitude) in 1e-6 degree."""
        return round(self.latitude * 1e6), round(self.longitude * 1e6)


@dataclass(frozen=True, slots=True)
class End:
    """One end of the ride: where, and when give or take ``within_s``. Either may be missing, not both."""

    spot: Spot | None = None
    at_s: int | None = None
    within_s: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """All that was remembered; what is None or empty was not."""

    board: End | None = None
    alight: End | None = None
    via: tuple[Spot, ...] = field(default=())
    fare_jiao: int | None = None
    distance_m: int | None = None
    riders: int | None = None
    plate_colour: int | None = None
    plate_part: str = ""
