"""Shifts, trips and taximeters of the taxis that speak JT/T 905 (出租汽车班次、营运与计价).

What a taxi carries comes from its movement; the meter makes trips of it. A driver signs in when the engine starts and
out when it has been off for twenty minutes or the next driver's hours begin. The tariff is **made up** (演示运价): the
city's was not found. A few drivers, always the same, now and then carry somebody with the meter off: the terminal then
says vacant while the car drives like a loaded one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from datacenter.protocols.jt905.bits import Status
from datacenter.protocols.jt905.kinds import DutyTime
from datacenter.protocols.jt905.messages import (
    Meter,
    OrderDone,
    PayType,
    Position,
    SignIn,
    SignOut,
    TripRecord,
)
from datacenter.protocols.wire import GMT8
from datacenter.simulator.desk import Desk
from datacenter.simulator.draw import draw, share
from datacenter.simulator.fleet import DemoVehicle, meter_plate, taxi_licence
from datacenter.simulator.people import DemoPerson, driver_at
from datacenter.simulator.spot import Spot
from datacenter.simulator.terminal import Terminal

FLAG_FALL_YUAN, FLAG_FALL_KM, KM_YUAN = Decimal(7), Decimal(3), Decimal(2)
WAITING_YUAN_A_MINUTE = Decimal("0.4")
"""The made-up tariff (演示运价)."""
WAITING_BELOW_DKMH = 120
ENGINE_OFF_S = 1200
UNMETERED_DRIVER_SHARE, UNMETERED_RIDE_SHARE = 0.02, 0.5
UNRECORDED_RIDE_SHARE = 0.003
_ACC, _LOADED_808 = 1, 3 << 8
_EVALUATIONS = ((0.55, 0), (0.92, 1), (0.97, 2), (0.99, 3), (1.0, 4))
_METER_K = "1000"
_COLUMNS = (
    "time_s", "latitude_e6", "longitude_e6", "speed_dkmh", "bearing_deg", "altitude_m", "alarms", "status",
    "mileage_hm",
)  # fmt: skip


def fare_yuan(km: Decimal, waited: timedelta) -> Decimal:
    """What the meter shows, in whole yuan, by the made-up tariff."""
    way = max(km - FLAG_FALL_KM, Decimal(0)) * KM_YUAN
    waiting = Decimal(int(waited.total_seconds() // 60)) * WAITING_YUAN_A_MINUTE
    return (FLAG_FALL_YUAN + way + waiting).quantize(Decimal(1), ROUND_HALF_UP)


@dataclass(slots=True)
class Sums:
    """What a shift comes to."""

    began: Spot
    loaded_hm: int = 0
    trips: int = 0
    yuan: Decimal = Decimal(0)
    card_yuan: Decimal = Decimal(0)
    card_trips: int = 0
    waited_s: int = 0


@dataclass(slots=True)
class Ride:
    """Somebody is in the car."""

    began: Spot
    pickup: Position
    metered: bool
    order_id: int
    seen_from_start: bool
    waited_s: int = 0


@dataclass(slots=True)
class Shift:
    """One taxi's day. ``step`` takes its positions in order and gives the bits that JT/T 808's status word lacks."""

    vehicle: DemoVehicle
    desk: Desk
    driver: DemoPerson | None = None
    sums: Sums | None = None
    ride: Ride | None = None
    last: Spot | None = None
    engine_off_at: int | None = None
    vacant_since: Spot | None = None
    ended_hm: int = 0
    trips: int = 0  # by the meter, ever

    def step(self, spot: Spot) -> int:
        """The next position."""
        last, self.last = self.last, spot
        if last is None:
            self.trips = trips_before(self.vehicle, spot)
        self._clock_on_or_off(spot)
        flags = 0
        loaded = bool(spot.status & _LOADED_808) and self.driver is not None
        if self.ride is not None and last is not None and spot.speed_dkmh < WAITING_BELOW_DKMH:
            self.ride.waited_s += min(max(spot.time_s - last.time_s, 0), 120)
        if loaded and self.ride is None:
            flags |= self._pick_up(spot, seen_from_start=last is not None)
        elif not loaded and self.ride is not None:
            flags |= self._drop_off(spot, self.ride)
        desk = self.desk
        metered = self.ride is not None and self.ride.metered
        desk.taxi_status &= ~(Status.LOADED | Status.OUT_OF_OPERATION)
        if metered:
            desk.taxi_status |= Status.LOADED
        if self.driver is None:
            desk.taxi_status |= Status.OUT_OF_OPERATION
        return int(desk.taxi_status) | flags

    # The shift.

    def _clock_on_or_off(self, spot: Spot) -> None:
        engine = bool(spot.status & _ACC)
        due = driver_at(self.vehicle, spot.time.astimezone(GMT8).hour)
        if engine:
            self.engine_off_at = None
            if self.driver is not None and self.driver != due and self.ride is None:
                self._sign_out(spot)
            if self.driver is None:
                self._sign_in(spot, due)
            return
        if self.engine_off_at is None:
            self.engine_off_at = spot.time_s
        if self.driver is not None and self.ride is None and spot.time_s - self.engine_off_at >= ENGINE_OFF_S:
            self._sign_out(spot)

    def _sign_in(self, spot: Spot, driver: DemoPerson) -> None:
        self.driver, self.sums, self.vacant_since = driver, Sums(spot), spot
        self.desk.keep(
            SignIn(
                spot.taxi(int(self.desk.taxi_status & ~Status.OUT_OF_OPERATION)),
                taxi_licence(self.vehicle),
                licence_of(driver),
                meter_plate(self.vehicle),
                _minute(spot.time),
            )
        )

    def _sign_out(self, spot: Spot) -> None:
        driver, sums = self.driver, self.sums
        assert driver is not None
        assert sums is not None
        self.driver = self.sums = None
        between = max(sums.began.mileage_hm - self.ended_hm, 0) if self.ended_hm else 0
        self.ended_hm = spot.mileage_hm
        self.desk.keep(
            SignOut(
                spot.taxi(int(self.desk.taxi_status)),
                taxi_licence(self.vehicle),
                licence_of(driver),
                meter_plate(self.vehicle),
                _METER_K,
                _minute(sums.began.time),
                _minute(spot.time),
                _km(spot.mileage_hm - sums.began.mileage_hm, 99_999),
                _km(sums.loaded_hm, 99_999),
                sums.trips,
                timedelta(seconds=sums.waited_s),
                sums.yuan,
                sums.card_yuan,
                sums.card_trips,
                _km(between, 9_999),
                _km(spot.mileage_hm, 9_999_999),
                _km(spot.mileage_hm * 6 // 10, 9_999_999),
                KM_YUAN,
                self.trips,
                0,
            )
        )

    # The trip.

    def _pick_up(self, spot: Spot, *, seen_from_start: bool) -> int:
        """Of a ride that was under way when the run began the meter makes no record: half of it would be wrong."""
        metered = not rides_unmetered(self.vehicle, spot.time_s)
        kept = self.desk.notes.kept
        order_id = int(kept.pop("order", 0)) if metered else 0
        self.desk.taxi_status &= ~Status.BOOKED
        bits = int(Status.LOADED | Status.PICK_UP) if metered else 0
        self.ride = Ride(spot, spot.taxi(int(self.desk.taxi_status) | bits), metered, order_id, seen_from_start)
        return bits if seen_from_start else bits & ~int(Status.PICK_UP)

    def _drop_off(self, spot: Spot, ride: Ride) -> int:
        self.ride = None
        vacant, self.vacant_since = self.vacant_since or ride.began, spot
        if not ride.metered:
            return 0
        if not ride.seen_from_start:
            return int(Status.DROP_OFF)
        if rides_unrecorded(self.vehicle, ride.began.time_s):
            return int(Status.DROP_OFF)
        self.trips += 1
        way_hm = max(spot.mileage_hm - ride.began.mileage_hm, 0)
        waited = timedelta(minutes=ride.waited_s // 60)
        fare = fare_yuan(_km(way_hm, 99_999), waited)
        rating = self._rating(spot)
        card = share("paid by card", self._luck(spot)) < 0.15
        meter = Meter(
            meter_plate(self.vehicle),
            taxi_licence(self.vehicle),
            licence_of(self.driver or driver_at(self.vehicle, 12)),
            ride.began.time.replace(second=0),
            spot.time.astimezone(GMT8).time(),
            _km(way_hm, 99_999),
            _km(ride.began.mileage_hm - vacant.mileage_hm, 9_999),
            Decimal(0),
            waited,
            fare,
            self.trips,
            int(PayType.CPU_CARD if card else PayType.CASH),
        )
        dropoff = spot.taxi(int(self.desk.taxi_status & ~Status.LOADED | Status.DROP_OFF))
        rated_at = spot.time_s if rating else 0
        self.desk.keep(TripRecord(ride.pickup, dropoff, ride.began.time_s, rated_at, rating, 0, ride.order_id, meter))
        if ride.order_id:
            self.desk.keep(OrderDone(ride.order_id))
        if self.sums is not None:
            self.sums.trips += 1
            self.sums.loaded_hm += way_hm
            self.sums.yuan += fare
            self.sums.waited_s += ride.waited_s
            if card:
                self.sums.card_yuan += fare
                self.sums.card_trips += 1
        return int(Status.DROP_OFF)

    def _rating(self, spot: Spot) -> int:
        luck = share("rating", self._luck(spot))
        return next(code for up_to, code in _EVALUATIONS if luck < up_to)

    def _luck(self, spot: Spot) -> int:
        return self.vehicle.index * 10_000_019 + spot.time_s


class Shifts:
    """All taxis of a run; ``local`` maps a run's row to a place in ``terminals``, -1 where it is no such taxi."""

    def __init__(self, local: np.ndarray, terminals: list[Terminal]) -> None:
        self._local = local
        self._terminals = terminals
        self._shifts: dict[int, Shift] = {}

    def watch(self, rows: np.ndarray, columns: dict[str, np.ndarray]) -> np.ndarray:
        """What the meters say to these positions: status bits of JT/T 905, 0 for others than taxis."""
        out = np.zeros(len(rows), np.int64)
        own = self._local[rows]
        places = np.flatnonzero(own >= 0)
        if not len(places):
            return out
        values = zip(*(columns[name][places].tolist() for name in _COLUMNS), strict=True)
        for place, number, row in zip(places.tolist(), own[places].tolist(), values, strict=True):
            shift = self._shifts.get(number)
            if shift is None:
                terminal = self._terminals[number]
                shift = self._shifts[number] = Shift(terminal.vehicle, terminal.desk)
            named: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
            out[place] = shift.step(Spot(**named))
        return out


def rides_unmetered(vehicle: DemoVehicle, began_s: int) -> bool:
    """Whether the driver leaves the meter off for the ride that begins now."""
    if share("unmetered driver", vehicle.index) >= UNMETERED_DRIVER_SHARE:
        return False
    return share("unmetered ride", vehicle.index * 1_000_003 + began_s // 600) < UNMETERED_RIDE_SHARE


def rides_unrecorded(vehicle: DemoVehicle, began_s: int) -> bool:
    """Whether the terminal says loaded and the meter then makes no record (0x0B05) of the ride that began so."""
    return share("unrecorded ride", vehicle.index * 1_000_003 + began_s // 600) < UNRECORDED_RIDE_SHARE


def licence_of(driver: DemoPerson) -> str:
    """A driver's certificate number as the terminal has it: the identity number, as in the demo's registry."""
    return driver.identity_no


def trips_before(vehicle: DemoVehicle, spot: Spot) -> int:
    """How many trips the meter has counted when a run begins: one in 36 minutes, so that later runs count on."""
    return draw("trips", vehicle.index) % 5_000 + spot.time_s // 2160 % 1_000_000


def _km(hectometres: int, most: int) -> Decimal:
    return Decimal(min(max(hectometres, 0), most)) / 10


def _minute(moment: datetime) -> DutyTime:
    return DutyTime(moment.astimezone(UTC).replace(second=0, microsecond=0))
