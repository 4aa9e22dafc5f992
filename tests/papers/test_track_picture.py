"""The picture of a track: the same bytes for the same track, colours by speed, what falls outside."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from datacenter.papers.track_picture import HEIGHT, WIDTH, Ground, draw
from tests.papers.conftest import winding_track

ROOT = Path(__file__).resolve().parents[2]
FONT = ROOT / "node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"
FASTEST, SLOWEST, AROUND = (0xA5, 0x00, 0x26), (0x2C, 0x7B, 0xB6), (0x8A, 0x91, 0x9C)
LEGEND_RIGHT = 350
_ONE = """
import sys, django
django.setup()
from tests.papers.test_track_picture import picture
sys.stdout.buffer.write(picture())
"""


def base_map() -> Ground:
    features = json.loads((ROOT / "static/data/basemap/211100.json").read_text(encoding="utf-8"))["features"]
    return Ground(features)


def picture(since: float = 60, until: float = 330, limit_kmh: float | None = 80, points: int = 40) -> bytes:
    return draw(winding_track(points, 0), since, until, limit_kmh, base_map(), FONT)


def share(content: bytes, colour: tuple[int, int, int]) -> int:
    """Pixels of exactly this colour right of the legend."""
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))[:, LEGEND_RIGHT:]
    return int((pixels == colour).all(axis=2).sum())


def test_a_track_is_drawn_to_the_same_bytes_in_another_process() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "panjin_traffic.settings"}
    other = subprocess.run([sys.executable, "-c", _ONE], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert other.stdout == picture()
    with Image.open(io.BytesIO(other.stdout)) as drawn:
        assert drawn.size == (WIDTH, HEIGHT)


def test_points_over_the_limit_have_the_colour_of_the_last_band_and_none_without_one() -> None:
    assert share(picture(), FASTEST) > 500
    assert share(picture(limit_kmh=200), FASTEST) == 0
    assert share(picture(limit_kmh=None), FASTEST) == 0


def test_points_outside_the_span_are_grey() -> None:
    assert share(picture(), AROUND) > share(picture(since=0, until=400), AROUND)


def test_a_single_point_and_a_vehicle_that_stood_still_are_drawn() -> None:
    one = draw([[0, 122.06, 40.99, 0.0]], 0, 0, None, Ground(), FONT)
    still = draw([[n, 122.06, 40.99, 0.0] for n in range(50)], 0, 49, 80, Ground(), FONT)
    for content in (one, still):
        with Image.open(io.BytesIO(content)) as drawn:
            assert drawn.size == (WIDTH, HEIGHT)


def test_a_track_across_the_whole_city_fits_the_picture() -> None:
    wide = [[n, 121.5 + 0.01 * n, 40.8 + 0.004 * n, 70.0] for n in range(100)]
    content = draw(wide, 0, 99, 280, base_map(), FONT)
    assert share(content, SLOWEST) > 1000
