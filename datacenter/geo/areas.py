"""Areas with a rule (电子围栏) and which places lie in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
import numpy.typing as npt
from django.db.models import Q, QuerySet

from datacenter.geo.models import Area
from datacenter.geo.shapes import BoundaryIndex, Indexes, geometry_of
from datacenter.geo.versioned import Versioned

_FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class AreaIndex:
    """The active areas of one kind; ``valid_from`` and ``valid_until`` are unix seconds, the end not included."""

    areas: tuple[Area, ...]
    boundaries: BoundaryIndex
    valid_from: npt.NDArray[np.int64]
    valid_until: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.areas)

    def hits(
        self, latitude_e6: npt.ArrayLike, longitude_e6: npt.ArrayLike, device_time: npt.ArrayLike
    ) -> tuple[Indexes, Indexes]:
        """(places, areas): every place that lay in an area in force at its ``device_time`` (unix seconds, one a place).

        Which kinds of vehicle an area is for is the detector's question: ``areas[i].vehicle_kinds``, empty for all.
        """
        places, polygons = self.boundaries.pairs(np.asarray(longitude_e6) / 1e6, np.asarray(latitude_e6) / 1e6)
        at = np.atleast_1d(np.asarray(device_time, np.int64))[places]
        in_force = (self.valid_from[polygons] <= at) & (at < self.valid_until[polygons])
        return places[in_force], polygons[in_force]


def area_index(kind: str) -> AreaIndex:
    """The active areas of ``kind`` (``Area.Kind``), as an index; built once and kept until a row changes."""
    return _INDEXES[Area.Kind(kind)].get()


def areas_in_force(at: datetime, kind: str | None = None) -> QuerySet[Area]:
    """Areas that are active at a moment, by name; everybody may know them."""
    rows = Area.objects.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=at), active=True)
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at))
    return rows.filter(kind=kind) if kind else rows


def _build(kind: str) -> AreaIndex:
    rows = tuple(Area.objects.filter(kind=kind, active=True).order_by("pk"))
    return AreaIndex(
        areas=rows,
        boundaries=BoundaryIndex([row.pk for row in rows], [geometry_of(row.boundary) for row in rows]),
        valid_from=np.array([int(r.valid_from.timestamp()) if r.valid_from else 0 for r in rows], np.int64),
        valid_until=np.array([int(r.valid_until.timestamp()) if r.valid_until else _FOREVER for r in rows], np.int64),
    )


_INDEXES = {kind: Versioned(Area, partial(_build, kind)) for kind in Area.Kind}
