"""Fits and measures the scorecard of covered cameras: ``python benchmarks/camera.py FOLDER … [--fit]``.

FOLDERs hold photos and clips (clips only where PyAV is installed). A source is one photo or one clip; scenes are its
crops or frames. Sources are split apart by their digest: half fit, half are held out. Spoiling is by script, seeded.
Prints one line of JSON; with ``--fit`` the weights too.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")

import django

django.setup()

from datacenter.media import covered  # noqa: E402  needs the settings

PHOTOS, CLIPS = {".jpg", ".jpeg", ".png"}, {".mp4", ".avi", ".mov"}
SIZE = (320, 240)
MOST_FRAMES = 24
LEAST_SIDE = 300
LETTERS = ImageFont.load_default(13)
Spoiler = Callable[[Image.Image, np.random.Generator], Image.Image]


def sources(folders: list[Path]) -> Iterator[tuple[str, list[Image.Image]]]:
    """Digest and scenes of each photo or clip; the same bytes count once."""
    seen: set[str] = set()
    for path in sorted(one for folder in folders for one in folder.rglob("*")):
        kind = path.suffix.lower()
        if kind not in PHOTOS | CLIPS or path.stat().st_size < 20_000:
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        scenes = _crops(path) if kind in PHOTOS else _frames(path)
        if digest not in seen and scenes:
            seen.add(digest)
            yield digest, scenes


def _crops(path: Path) -> list[Image.Image]:
    """The whole, its quarters and ninths; nothing of drawings, which have few colours, or of small pictures."""
    with Image.open(path) as opened:
        if min(opened.size) < LEAST_SIDE or opened.mode not in ("RGB", "L", "RGBA") or max(opened.size) > 8000:
            return []
        picture = opened.convert("RGB")
    if picture.resize((64, 64)).getcolors(600) is not None:
        return []
    w, h = picture.size
    parts = (1, 2, 3) if min(w, h) >= 400 else (1, 2)
    boxes = [
        (w * x // n, h * y // n, w * (x + 1) // n, h * (y + 1) // n) for n in parts for y in range(n) for x in range(n)
    ]
    crops = [picture.crop(box).resize(SIZE) for box in boxes]
    # A part of bare sky has nothing that could be covered: no person could tell.
    return [one for one in crops if np.asarray(one.convert("L")).std() > 18]


def _frames(path: Path) -> list[Image.Image]:
    try:
        import av
    except ImportError:
        return []
    with av.open(str(path)) as clip:
        frames = [frame.to_image() for frame in clip.decode(video=0)]
    step = max(1, len(frames) // MOST_FRAMES)
    return [frame.convert("RGB").resize(SIZE) for frame in frames[::step][:MOST_FRAMES]]


def _noise(picture: Image.Image, rng: np.random.Generator, sigma: float) -> Image.Image:
    pixels = np.asarray(picture, np.float64)
    return Image.fromarray(np.clip(pixels + rng.normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8))


def cover(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A hand, tape or cloth before the lens: one colour, soft shading, sometimes a leak of light at a rim."""
    base = np.ones((SIZE[1], SIZE[0], 3)) * rng.integers(5, 190) * rng.uniform(0.7, 1.0, 3)
    shade = np.linspace(rng.uniform(0.6, 1), rng.uniform(0.6, 1), SIZE[0])[None, :, None]
    sheet = Image.fromarray(np.clip(base * shade, 0, 255).astype(np.uint8))
    if rng.random() < 0.4:
        rim = int(SIZE[0] * rng.uniform(0.04, 0.15))
        sheet.paste(picture.crop((0, 0, rim, SIZE[1])), (0, 0))
        sheet = sheet.filter(ImageFilter.GaussianBlur(5))
    return _noise(sheet, rng, rng.uniform(1, 5))


def smear(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Grease or mud over nearly all of the lens."""
    soft = picture.filter(ImageFilter.GaussianBlur(rng.uniform(7, 14)))
    haze = Image.new("RGB", SIZE, tuple(int(x) for x in rng.integers(90, 190, 3)))
    return _noise(Image.blend(soft, haze, rng.uniform(0.3, 0.6)), rng, rng.uniform(1, 4))


def blur(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turned out of focus."""
    return _noise(picture.filter(ImageFilter.GaussianBlur(rng.uniform(7, 13))), rng, rng.uniform(1, 4))


def darken(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Next to no light comes in, and no lamp is seen."""
    return _noise(ImageEnhance.Brightness(picture).enhance(rng.uniform(0.0, 0.04)), rng, rng.uniform(1, 4))


def day(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """As it is, in another light."""
    lit = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.6, 1.3))
    return _noise(ImageEnhance.Contrast(lit).enhance(rng.uniform(0.7, 1.2)), rng, rng.uniform(0, 4))


def night(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Dark, noisy, with lamps."""
    dim = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.12, 0.3))
    glow = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(glow)
    for _ in range(int(rng.integers(4, 14))):
        x, y, r = rng.integers(0, SIZE[0]), rng.integers(0, SIZE[1] * 2 // 3), rng.integers(2, 6)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(255, 240, 190))
    soft = np.asarray(glow.filter(ImageFilter.GaussianBlur(2)), np.float64)
    return _noise(Image.fromarray(np.clip(np.asarray(dim) + soft, 0, 255).astype(np.uint8)), rng, rng.uniform(3, 8))


def tunnel(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Dim and yellow, a row of lamps overhead."""
    dim = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.2, 0.4))
    pen = ImageDraw.Draw(dim)
    for n in range(6):
        x, y, w = 160 + (n - 3) * 30, 15 + abs(n - 3) * 9, 13 - abs(n - 3) * 2
        pen.rectangle((x - w, y - 2, x + w, y + 2), fill=(255, 220, 130))
    yellow = np.asarray(dim, np.float64) * [1.0, 0.85, 0.5]
    return _noise(Image.fromarray(np.clip(yellow, 0, 255).astype(np.uint8)), rng, rng.uniform(2, 6))


def jolt(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A little unsharp, as a jolt or rain makes it."""
    return picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.5)))


BAD: tuple[Spoiler, ...] = (cover, smear, blur, darken)
GOOD: tuple[Spoiler, ...] = (day, night, tunnel, jolt)


def stamp(picture: Image.Image) -> Image.Image:
    """Plate and time above, speed below, in sharp white letters: every terminal writes them into its pictures."""
    stamped = picture.copy()
    pen = ImageDraw.Draw(stamped)
    for text, top in (("LT12345  CH1  2026-11-25 08:30:12", 6), ("62 km/h  N41.12  E122.06", SIZE[1] - 20)):
        pen.text((7, top + 1), text, font=LETTERS, fill=(0, 0, 0))
        pen.text((6, top), text, font=LETTERS, fill=(255, 255, 255))
    return stamped


def look(picture: Image.Image, quality: int = 70) -> covered.Look:
    """As it comes from a terminal: with its letters, as JPEG."""
    out = io.BytesIO()
    stamp(picture).save(out, "JPEG", quality=quality)
    return covered.look_of(covered.grey_of(out.getvalue()))


def measured(digest: str, scenes: list[Image.Image]) -> Iterator[tuple[str, covered.Look, list[covered.Look]]]:
    """Every kind of every scene of a source, with the camera's norm: half of the time none, as of a new camera."""
    rng = np.random.default_rng(int(digest[:12], 16))
    for scene in scenes:
        norm = [look(day(scene, rng)) for _ in range(3)] + [look(night(scene, rng))]
        for spoil in (*BAD, *GOOD):
            yield spoil.__name__, look(spoil(scene, rng)), norm if rng.random() < 0.5 else []


# Which way each figure has to count: a scorecard that says the opposite of what people see is not kept.
SIGNS = {
    "darkness": 1, "spread": -1, "sharpness": -1, "edge_share": -1, "flat_share": 1, "strongest_edge": -1,
    "distance": 1, "sharpness_lost": 1,
}  # fmt: skip


def fit(rows: list[tuple[str, covered.Look, list[covered.Look]]]) -> tuple[dict[str, float], float]:
    """Weights on the figures as they are, by logistic regression; a figure that comes out against its sign goes."""
    from sklearn.linear_model import LogisticRegression

    bad = {spoil.__name__ for spoil in BAD}
    wanted = [kind in bad for kind, _, _ in rows]
    figures = [one.figures | covered.against_norm(one, norm) for _, one, norm in rows]
    names = list(SIGNS)
    while True:
        x = np.array([[row[name] for name in names] for row in figures])
        mean, spread = x.mean(axis=0), x.std(axis=0)
        model = LogisticRegression(C=1.0, max_iter=2000).fit((x - mean) / spread, wanted)
        wrong = {name: w * SIGNS[name] for name, w in zip(names, model.coef_[0], strict=True)}
        worst = min(wrong, key=lambda name: wrong[name])
        if wrong[worst] >= 0:
            break
        names.remove(worst)
    weights = model.coef_[0] / spread
    bias = float(model.intercept_[0] - weights @ mean)
    return {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}, round(bias, 4)


def figures_of(rows: list[tuple[str, covered.Look, list[covered.Look]]]) -> dict[str, object]:
    """Precision, recall, F1, and the share called covered of each kind."""
    bad = {spoil.__name__ for spoil in BAD}
    said = [(kind, covered.judge(one, norm).covered) for kind, one, norm in rows]
    hit = sum(yes for kind, yes in said if kind in bad)
    false = sum(yes for kind, yes in said if kind not in bad)
    missed = sum(not yes for kind, yes in said if kind in bad)
    by_kind = {
        spoil.__name__: round(float(np.mean([yes for kind, yes in said if kind == spoil.__name__])), 4)
        for spoil in (*BAD, *GOOD)
    }
    return {
        "photos": len(said),
        "precision": round(hit / max(1, hit + false), 4),
        "recall": round(hit / max(1, hit + missed), 4),
        "f1": round(2 * hit / max(1, 2 * hit + false + missed), 4),
        "called_covered": by_kind,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument(
        "--fit", action="store_true", help="print the weights that half of the sources give, and use them"
    )
    options = parser.parse_args()
    seen: list[list[tuple[str, covered.Look, list[covered.Look]]]] = [[], []]
    count, scenes = [0, 0], [0, 0]
    for digest, pictures in sources(options.folders):
        half = int(digest[0], 16) % 2
        seen[half] += measured(digest, pictures)
        count[half] += 1
        scenes[half] += len(pictures)
    result: dict[str, object] = {"sources": count, "scenes": scenes}
    if options.fit:
        covered.WEIGHTS, covered.BIAS = fit(seen[0])
        result |= {"weights": covered.WEIGHTS, "bias": covered.BIAS}
    print(json.dumps(result | {"fitted": figures_of(seen[0]), "held_out": figures_of(seen[1])}, ensure_ascii=False))


if __name__ == "__main__":
    main()
