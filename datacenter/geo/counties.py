"""Which county a place belongs to (属地), by the boundaries that are in force on a day.

The default set of boundaries decides. Where published sources differ (``County.disputed``) the answer stands all the
same and carries ``unconfirmed`` (边界待确认): a person may dispatch otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from django.db.models import Q, QuerySet
from django.utils import timezone

from datacenter.geo.models import County
from datacenter.geo.shapes import BoundaryIndex, geometry_of
from datacenter.geo.versioned import Versioned


@dataclass(frozen=True, slots=True)
class CountyAnswer:
    """The county of a place: its code, None outside every county; whether sources differ there."""

    code: str | None
    unconfirmed: bool


@dataclass(frozen=True, slots=True)
class CountyLines:
    """Every county's line, as one index; rows of ``valid`` are ordinals of days, the last day included."""

    boundaries: BoundaryIndex
    disputed: BoundaryIndex
    valid_from: npt.NDArray[np.int64]
    valid_until: npt.NDArray[np.int64]

    def ask(
        self, latitude_e6: npt.ArrayLike, longitude_e6: npt.ArrayLike, on: date | None = None
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """(index into ``boundaries.ids`` or -1, unconfirmed) of each place on the day ``on``, today unless told."""
        day = (on or timezone.localdate()).toordinal()
        lat = np.atleast_1d(np.asarray(latitude_e6, np.float64)) / 1e6
        lon = np.atleast_1d(np.asarray(longitude_e6, np.float64)) / 1e6
        places, polygons = self.boundaries.pairs(lon, lat)
        in_force = (self.valid_from[polygons] <= day) & (day <= self.valid_until[polygons])
        places, polygons = places[in_force], polygons[in_force]
        found = np.full(len(lat), -1, np.intp)
        found[places[::-1]] = polygons[::-1]  # the lowest index is written last: a shared edge goes to the lower code
        unconfirmed = np.zeros(len(lat), bool)
        unconfirmed[self.disputed.pairs(lon, lat)[0]] = True
        return found, unconfirmed


def county_at(latitude_e6: int, longitude_e6: int, on: date | None = None) -> CountyAnswer:
    """The county of one place (属地) on the day ``on``, today unless told."""
    lines = county_lines()
    found, unconfirmed = lines.ask(latitude_e6, longitude_e6, on)
    code = str(lines.boundaries.ids[found[0]]) if found[0] >= 0 else None
    return CountyAnswer(code, bool(unconfirmed[0]))


def county_lines() -> CountyLines:
    """The lines of all counties; built once and kept until a row changes."""
    return _LINES.get()


def counties(city_code: str | None = None) -> QuerySet[County]:
    """Counties (县区) in force today, by code; everybody may know them. Boundaries are left out: they are large."""
    today = timezone.localdate()
    rows = County.objects.defer("boundary", "disputed").filter(valid_from__lte=today)
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    return rows.filter(city_code=city_code) if city_code else rows


def _build() -> CountyLines:
    rows = list(County.objects.order_by("code"))
    contested = [row for row in rows if row.disputed]
    return CountyLines(
        boundaries=BoundaryIndex([row.code for row in rows], [geometry_of(row.boundary) for row in rows]),
        disputed=BoundaryIndex([row.code for row in contested], [geometry_of(row.disputed or {}) for row in contested]),
        valid_from=np.array([row.valid_from.toordinal() for row in rows], np.int64),
        valid_until=np.array([(row.valid_until or date.max).toordinal() for row in rows], np.int64),
    )


_LINES = Versioned(County, _build)
