"""One vehicle's place at one moment (位置快照), and how JT/T 808 and JT/T 905 say it.

Movement and recorded tracks speak the words of JT/T 808; a taxi's terminal says the same by its own bits.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from datacenter.protocols.jt808.extras import Extra, Mileage, Satellites, SignalStrength
from datacenter.protocols.jt808.messages import LocationReport, Place, PlaceReport
from datacenter.protocols.jt905 import bits as jt905
from datacenter.protocols.jt905.messages import LocationReport as TaxiReport
from datacenter.protocols.jt905.messages import Position

FIXED, SOUTH, WEST = 1 << 1, 1 << 2, 1 << 3


@dataclass(frozen=True, slots=True)
class Spot:
    """What a position report says, in the units of the wire; ``alarms`` and ``status`` are JT/T 808's words."""

    time_s: int
    latitude_e6: int
    longitude_e6: int
    speed_dkmh: int = 0
    bearing_deg: int = 0
    altitude_m: int = 4
    alarms: int = 0
    status: int = FIXED
    mileage_hm: int = 0
    silent: bool = False  # its terminal tells nobody anything now: switched off, or in a blind area

    @property
    def time(self) -> datetime:
        """The moment, aware."""
        return datetime.fromtimestamp(self.time_s, UTC)

    def place(self) -> Place:
        """The 28 bytes of a location inside another message of JT/T 808."""
        return Place(**self._base())

    def report(self, *extras: Extra) -> LocationReport:
        """A 0x0200 of JT/T 808: the items that every demo terminal sends, then ``extras``."""
        return LocationReport(**self._base(), extras=(*self._items(), *extras))

    def place_report(self) -> PlaceReport:
        """The same inside an answer."""
        return PlaceReport(**self._base(), extras=self._items())

    def taxi(self, status: int = 0, alarms: int = 0) -> Position:
        """The 25 bytes of JT/T 905; ``status`` and ``alarms`` are that standard's bits, added to what 808's say."""
        return Position(
            alarm_905(self.alarms) | alarms,
            status_905(self.status) | status,
            abs(self.latitude_e6) / 1e6,
            abs(self.longitude_e6) / 1e6,
            self.speed_dkmh / 10,
            self.bearing_deg,
            self.time,
        )

    def taxi_report(self, status: int, *extras: Extra) -> TaxiReport:
        """A 0x0200 of JT/T 905 with the odometer."""
        base = self.taxi(status)
        fields = (base.alarms, base.status, base.latitude_deg, base.longitude_deg, base.speed_kmh, base.bearing_deg)
        return TaxiReport(*fields, base.device_time, (Mileage(self.mileage_hm / 10).pack(), *extras))

    def _base(self) -> dict[str, Any]:
        status = self.status | (SOUTH if self.latitude_e6 < 0 else 0) | (WEST if self.longitude_e6 < 0 else 0)
        return {
            "alarms": self.alarms,
            "status": status,
            "latitude_deg": abs(self.latitude_e6) / 1e6,
            "longitude_deg": abs(self.longitude_e6) / 1e6,
            "altitude_m": self.altitude_m,
            "speed_kmh": self.speed_dkmh / 10,
            "bearing_deg": self.bearing_deg,
            "device_time": self.time,
        }

    def _items(self) -> tuple[Extra, ...]:
        return Mileage(self.mileage_hm / 10).pack(), SignalStrength(24).pack(), Satellites(11).pack()


def status_905(status: int) -> int:
    """A status word of JT/T 808 as a taxi's terminal says it; whether it is loaded is the meter's to say."""
    words = (pair for pair in jt905.STATUS_808 if pair[0] != jt905.Status.LOADED)
    out = sum(int(ours) for ours, theirs in words if status & theirs)
    return out if status & FIXED else out | int(jt905.Status.NO_FIX)


def alarm_905(alarms: int) -> int:
    """An alarm word of JT/T 808 as a taxi's terminal says it; what that standard lacks is left out."""
    return sum(int(ours) for ours, theirs in jt905.ALARM_808 if alarms & theirs)
