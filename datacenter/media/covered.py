"""Whether a camera is covered, smeared, out of focus or dark (遮挡摄像头), from a photo and the camera's earlier ones.

A scorecard anybody can check with a pocket calculator: a weighted sum, squeezed to 0–1. The weights were fitted by
``benchmarks/camera.py``, which measured eight figures and dropped those that counted against what people see, darkness
among them: a night is dark as well, but has lights. ``docs/camera.md`` has the measure.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from django.db.models import Q
from PIL import Image

from datacenter.errors import DomainError
from datacenter.media.models import MediaFile

MOST_BYTES = 10 << 20
MOST_PIXELS = 24_000_000
NORM_PHOTOS = 5
"""Earlier photos of the same camera that say what it sees otherwise."""
COVERED_FROM = 0.5
_SIZE = (160, 120)
_BINS = 16
_BLOCK = 20
BAND = 20
"""Rows of ``grey_of`` left out above and below: terminals write plate, time and speed there, sharp on any lens."""

# Figure, weight: fitted on half of the sources, see docs/camera.md.
WEIGHTS: dict[str, float] = {"sharpness": -1.8467, "strongest_edge": -2.3596, "sharpness_lost": 0.5325}
BIAS = 12.7744

Grey = npt.NDArray[np.float64]


class PhotoUnreadable(DomainError):
    """The photo cannot be judged: ``rule`` says what is wrong with it, ``value`` how much."""

    code = "photo_unreadable"
    status = 422
    message = "照片不能识别，无法判断是否遮挡"


@dataclass(frozen=True, slots=True)
class Look:
    """What a photo looks like: ``figures`` by name, and the histogram of its brightness (sums to 1)."""

    figures: dict[str, float]
    histogram: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``score`` 0–1; ``figures`` are what the scorecard added up, for the evidence."""

    covered: bool
    score: float
    figures: dict[str, float]


def grey_of(data: bytes) -> Grey:
    """The photo as 120 rows of 160 brightnesses, 0–255. Raises ``PhotoUnreadable``."""
    if len(data) > MOST_BYTES:
        raise PhotoUnreadable("照片过大，无法判断是否遮挡", rule="most_bytes", value=len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise PhotoUnreadable(rule="most_pixels", value=picture.width * picture.height)
                picture.draft("L", (_SIZE[0] * 2, _SIZE[1] * 2))
                grey = picture.convert("L").resize(_SIZE, Image.Resampling.BOX)
    except PhotoUnreadable:
        raise
    except Exception as fault:  # Pillow raises whatever its decoders raise on hostile bytes
        raise PhotoUnreadable(rule="readable", value=len(data)) from fault
    return np.asarray(grey, np.float64)


def look_of(grey: Grey) -> Look:
    """The figures of one photo by itself, of its middle; ``grey`` as ``grey_of`` gives it."""
    grey = grey[BAND:-BAND]
    across, down = np.diff(grey, axis=1)[:-1], np.diff(grey, axis=0)[:, :-1]
    edges = np.hypot(across, down)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    laplacian = around - 4 * grey[1:-1, 1:-1]
    blocks = grey.reshape(len(grey) // _BLOCK, _BLOCK, _SIZE[0] // _BLOCK, _BLOCK).std(axis=(1, 3))
    histogram = np.histogram(grey, _BINS, (0, 256))[0] / grey.size
    figures = {
        "darkness": 1 - float(grey.mean()) / 255,
        "spread": float(np.log1p(grey.std())),
        "sharpness": float(np.log1p(laplacian.var())),
        "edge_share": float((edges > 12).mean()),
        "flat_share": float((blocks < 6).mean()),
        "strongest_edge": float(np.log1p(np.quantile(edges, 0.995))),
    }
    return Look(figures, histogram)


def judge(look: Look, norm: Sequence[Look] = ()) -> Verdict:
    """Whether ``look`` is of a covered camera; ``norm`` are looks of its earlier photos, none for a new camera."""
    figures = look.figures | against_norm(look, norm)
    total = BIAS + sum(weight * figures[name] for name, weight in WEIGHTS.items())
    score = float(1 / (1 + np.exp(-total)))
    return Verdict(score >= COVERED_FROM, score, {name: round(value, 3) for name, value in figures.items()})


def against_norm(look: Look, norm: Sequence[Look]) -> dict[str, float]:
    """How far from the camera's own norm: distance of histograms (0–1), and sharpness lost (logarithm)."""
    if not norm:
        return {"distance": 0.0, "sharpness_lost": 0.0}
    usual = np.mean([one.histogram for one in norm], axis=0)
    sharp = float(np.median([one.figures["sharpness"] for one in norm]))
    return {
        "distance": float(np.abs(usual - look.histogram).sum() / 2),
        "sharpness_lost": sharp - look.figures["sharpness"],
    }


def judge_photo(file: MediaFile, root: Path) -> Verdict:
    """The verdict on a stored photo, by the camera's last photos before it. Raises ``PhotoUnreadable``.

    Earlier photos that cannot be read, or were judged covered, count for nothing. ``root`` is MEDIA_ROOT.
    """
    look = look_of(grey_of(_read(root / file.path)))
    earlier = MediaFile.objects.filter(
        Q(verdict__isnull=True) | ~Q(verdict__covered=True),
        vehicle_id=file.vehicle_id,
        channel=file.channel,
        source=file.source,
        kind=MediaFile.Kind.IMAGE,
        received_at__lt=file.received_at,
    ).order_by("-received_at", "-pk")
    norm = []
    for path in earlier.values_list("path", flat=True)[:NORM_PHOTOS]:
        try:
            norm.append(look_of(grey_of(_read(root / path))))
        except PhotoUnreadable:
            continue
    return judge(look, norm)


def _read(path: Path) -> bytes:
    """At most one byte more than is allowed: a huge file is refused without being read."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise PhotoUnreadable("存储中没有这张照片", rule="stored", value=path.name) from fault
