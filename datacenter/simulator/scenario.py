"""Scripts for one vehicle: something that a detector must find, on command (剧本).

The vehicle drives a way of the demo's road network. `overspeed_script` gives a recorded track like any other, so that
the same replay sends it.
"""

import math

import numpy as np

from datacenter.simulator.fleet import DemoVehicle, demo_fleet
from datacenter.simulator.generate.drive import MANNERS
from datacenter.simulator.generate.network import (
    METRES_PER_LAT,
    METRES_PER_LON,
    ORIGIN_LAT,
    ORIGIN_LON,
    Edge,
    Network,
    build_network,
)
from datacenter.simulator.replay import Track

STEP_S = 5
LIMIT_KMH = {"hazmat": 80.0, "heavy_truck": 100.0, "coach": 100.0, "bus": 100.0, "taxi": 120.0}
"""The highest lawful speed of each kind, which the platform takes where no lower limit is posted."""


class UnknownPlate(LookupError):
    """No vehicle of the demo fleet has this plate."""


def vehicle_by_plate(plate: str) -> DemoVehicle:
    """The demo vehicle with a plate. Raises ``UnknownPlate``."""
    for vehicle in demo_fleet():
        if vehicle.plate == plate:
            return vehicle
    raise UnknownPlate(plate)


def overspeed_script(
    vehicle: DemoVehicle,
    *,
    lon: float,
    lat: float,
    ends_at_s: int,
    over: float = 1.25,
    lasting_s: int = 180,
    lead_s: int = 60,
) -> Track:
    """A drive that begins near ``lon, lat``, keeps to the limit, then goes ``over`` times as fast for ``lasting_s``.

    A fix every 5 s; the last is at ``ends_at_s``. Speeds rise and fall by at most 1.5 m/s² and are exact: the metres
    between fixes agree with them. The way leads out of town along main roads, there and back where it is too short.
    """
    limit = LIMIT_KMH[vehicle.kind] / 3.6
    times = np.arange(0, lead_s + lasting_s + lead_s + 1)
    wanted = np.where((times >= lead_s) & (times < lead_s + lasting_s), limit * over, limit * 0.8)
    wanted[0] = wanted[-1] = 0.0
    speed = np.zeros(len(times))
    for second in times[1:]:
        # What is wanted must be reachable now and leave room to brake to a stand at the end.
        reachable = min(wanted[second], speed[second - 1] + 1.5, (times[-1] - second) * 1.5)
        speed[second] = max(reachable, speed[second - 1] - 1.5)
    metres = np.concatenate(([0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)))
    way = _way_out(lon, lat, float(metres[-1]))
    runs = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))))
    steps = slice(None, None, STEP_S)
    east, north = (np.interp(metres[steps], runs, way[:, axis]) for axis in (0, 1))
    count = len(east)
    return Track(
        vehicle=np.zeros(count, np.int64),
        time_s=ends_at_s - times[-1] + times[steps],
        lon=ORIGIN_LON + east / METRES_PER_LON,
        lat=ORIGIN_LAT + north / METRES_PER_LAT,
        occupied=np.ones(count, bool),
        speed_kmh=speed[steps] * 3.6,
    )


def _way_out(lon: float, lat: float, metres: float) -> np.ndarray:
    """Points of a way of at least ``metres``, from the nearest junction; as far as it gets, then back."""
    network = build_network()
    start = network.nearest(lon, lat)
    here = network.junctions[start]

    def cost(edge: Edge) -> float:
        return edge.length_m / MANNERS["heavy_truck"].cruise_kmh[edge.road_class]

    # The nearest place that is far enough lies mostly in the same county.
    fit = [(math.dist(here, point), number) for number, point in enumerate(network.junctions)]
    far = min((pair for pair in fit if pair[0] >= 0.55 * metres), default=max(fit))[1]
    points = _points(network, network.way(start, far, cost))
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    there_and_back = np.concatenate((points, points[-2::-1]))
    return points if length >= metres else there_and_back


def _points(network: Network, way: list[tuple[int, bool]]) -> np.ndarray:
    shapes = [np.array(network.edges[number].shape)[:: 1 if forward else -1] for number, forward in way]
    return np.concatenate([shapes[0], *(shape[1:] for shape in shapes[1:])])
