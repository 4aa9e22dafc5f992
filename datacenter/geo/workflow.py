"""Puts counties and their boundaries into the table (县区边界入库)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from django.db import transaction

from datacenter.geo.models import County
from datacenter.geo.published import SOURCE, PublishedCounty

DATA = Path(__file__).parent / "data"


@transaction.atomic
def install_counties(counties: Iterable[PublishedCounty], *, valid_from: date, replace: bool = False) -> int:
    """Adds counties and says how many; those that are there stay as they are, unless ``replace``."""
    rows = [
        County(
            code=county.code,
            name=county.name,
            city_code=county.city_code,
            boundary=county.boundary,
            disputed=county.disputed,
            source=SOURCE,
            valid_from=valid_from,
        )
        for county in counties
    ]
    present = set(County.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    changed = rows if replace else [row for row in rows if row.pk not in present]
    County.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "city_code", "boundary", "disputed", "source", "valid_from"],
    )
    return len(changed)


def shipped_counties(city_code: str) -> list[PublishedCounty]:
    """The counties of a city whose boundaries come with the project (``data/<code>.geojson``)."""
    collection = json.loads((DATA / f"{city_code}.geojson").read_text(encoding="utf-8"))
    return [
        PublishedCounty(
            code=feature["properties"]["code"],
            name=feature["properties"]["name"],
            city_code=city_code,
            boundary=feature["geometry"],
            disputed=feature["properties"]["disputed"],
        )
        for feature in collection["features"]
    ]
