"""The committed movement file: templates as columns, and how to read a place off them.

`data/movement.npz` is made by `scripts/generate_demo_movement.py`; `data/README.md` says what each column is.
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "data" / "movement.npz"
OCCUPIED, ACC_ON = 1, 2
METRES_PER_DEGREE = (111_320.0 * math.cos(math.radians(41.05)), 111_060.0)  # east, north
_FAST_KMH = 50.0


@dataclass(frozen=True, slots=True)
class Templates:
    """Every template's road and drive, joined end to end; ``key`` is (kind, county, base, label) of each."""

    key: tuple[tuple[str, str, int, str], ...]
    step_s: float
    first_step: np.ndarray
    lasting_s: np.ndarray
    length_m: np.ndarray
    metres: np.ndarray  # at each step
    speed_ms: np.ndarray
    flags: np.ndarray
    road_m: np.ndarray  # distance at each road point, from the start of the first template
    road_start_m: np.ndarray  # of each template
    road_lon_e6: np.ndarray
    road_lat_e6: np.ndarray
    road_bearing_deg: np.ndarray  # of the piece that begins at the point
    fast_from_s: np.ndarray  # longest stretch driven fast
    fast_for_s: np.ndarray

    def run(self, template: np.ndarray, progress_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Metres driven, m/s and flags after ``progress_s`` of each template; past its end, the end."""
        steps = np.clip(progress_s, 0.0, self.lasting_s[template]) / self.step_s
        before = np.minimum(steps.astype(np.int64), (self.lasting_s[template] / self.step_s).astype(np.int64) - 1)
        part = steps - before
        row = self.first_step[template] + before
        start, run = self.metres[row], self.metres[row + 1] - self.metres[row]
        # Fritsch–Carlson: slopes up to three times the mean keep the cubic from going backwards.
        leaving = np.minimum(self.speed_ms[row] * self.step_s, 3 * run)
        arriving = np.minimum(self.speed_ms[row + 1] * self.step_s, 3 * run)
        square = part * part
        cube = square * part
        rise = 3 * square - 2 * cube
        metres = start + run * rise + leaving * (cube - 2 * square + part) + arriving * (cube - square)
        slope = run * 6 * (part - square) + leaving * (3 * square - 4 * part + 1) + arriving * (3 * square - 2 * part)
        speed = np.minimum(np.maximum(slope, 0.0), np.maximum(np.maximum(leaving, arriving), run)) / self.step_s
        return metres, speed, self.flags[row]

    def place(self, template: np.ndarray, metres: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Longitude and latitude (1e-6 degree) and bearing after so many metres of each template."""
        along = self.road_start_m[template] + np.clip(metres, 0.0, self.length_m[template] - 0.01)
        piece = np.searchsorted(self.road_m, along, side="right") - 1
        part = (along - self.road_m[piece]) / np.maximum(self.road_m[piece + 1] - self.road_m[piece], 0.01)
        longitude = self.road_lon_e6[piece] + part * (self.road_lon_e6[piece + 1] - self.road_lon_e6[piece])
        latitude = self.road_lat_e6[piece] + part * (self.road_lat_e6[piece + 1] - self.road_lat_e6[piece])
        return longitude, latitude, self.road_bearing_deg[piece]


@cache
def load_columns() -> dict[str, np.ndarray]:
    """The file's columns by name."""
    with np.load(FILE, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@cache
def load_templates() -> Templates:
    """The templates, unpacked once a process."""
    columns = load_columns()
    ends = np.cumsum(columns["edge_sizes"].astype(np.int64))
    shapes = np.split(columns["edge_points_e6"].astype(np.float64), ends[:-1])
    ways = np.split(columns["way_edges"], np.cumsum(columns["way_sizes"].astype(np.int64))[:-1])
    roads = [_road(shapes, way) for way in ways]
    scale = np.array(METRES_PER_DEGREE) / 1e6
    pieces = [np.hypot(*(np.diff(road, axis=0) * scale).T) for road in roads]
    lengths = np.array([piece.sum() for piece in pieces])
    # A metre between templates keeps one road's end from touching the next one's start.
    starts = np.concatenate(([0.0], np.cumsum(lengths[:-1] + 1.0)))
    road = np.concatenate(roads)
    runs = [start + np.concatenate(([0.0], np.cumsum(piece))) for start, piece in zip(starts, pieces, strict=True)]
    ahead = np.diff(road, axis=0, append=road[-1:]) * scale

    counts = columns["step_counts"].astype(np.int64)
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    driven = np.cumsum(columns["step_dm"].astype(np.int64)) / 10.0
    driven -= np.repeat(driven[first], counts)
    driven *= np.repeat(lengths / driven[first + counts - 1], counts)
    step_s = float(columns["step_s"][0])
    speed = columns["speed_half_kmh"] / 7.2
    fast_from, fast_for = _fast_stretches(speed, first, counts, step_s)
    names = ("kind", "county", "base", "label")
    return Templates(
        key=tuple(
            (str(kind), str(county), int(base), str(label))
            for kind, county, base, label in zip(*(columns[name] for name in names), strict=True)
        ),
        step_s=step_s,
        first_step=first,
        lasting_s=(counts - 1) * step_s,
        length_m=lengths,
        metres=driven,
        speed_ms=speed,
        flags=columns["flags"].astype(np.int64),
        road_m=np.concatenate(runs),
        road_start_m=starts,
        road_lon_e6=road[:, 0].copy(),
        road_lat_e6=road[:, 1].copy(),
        road_bearing_deg=np.degrees(np.arctan2(ahead[:, 0], ahead[:, 1])) % 360,
        fast_from_s=fast_from,
        fast_for_s=fast_for,
    )


def _road(shapes: list[np.ndarray], way: np.ndarray) -> np.ndarray:
    """Points of a way; edges are numbered from 1, negative when driven backwards."""
    parts = [shapes[abs(edge) - 1][:: 1 if edge > 0 else -1] for edge in way]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _fast_stretches(
    speed: np.ndarray, first: np.ndarray, counts: np.ndarray, step_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Start and length in seconds of each template's longest stretch driven faster than ``_FAST_KMH``."""
    begins, lasting = np.zeros(len(first)), np.zeros(len(first))
    for number, (start, count) in enumerate(zip(first, counts, strict=True)):
        fast = np.concatenate(([False], speed[start : start + count] * 3.6 > _FAST_KMH, [False]))
        edges = np.flatnonzero(np.diff(fast.astype(np.int8)))
        if len(edges):
            longest = np.argmax(edges[1::2] - edges[::2])
            begins[number] = edges[2 * longest] * step_s
            lasting[number] = max(0.0, (edges[2 * longest + 1] - edges[2 * longest] - 1) * step_s)
    return begins, lasting
