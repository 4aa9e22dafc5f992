"""Test pictures and sounds (测试影像): what a simulated camera sees, drawn, deterministic, plainly no photograph.

A road ahead or a cabin, a band with plate, channel and time. A fixed share of cameras is covered (one dark colour), or
out of focus. ``photo`` is 20 to 80 KB at 640×480 and above, as terminals' pictures are.
"""

import io
import math
import wave
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from datacenter.protocols.wire import GMT8
from datacenter.simulator.draw import draw, share

COVERED_SHARE, BLURRED_SHARE = 0.06, 0.06
SIZES = {
    0x00: (320, 240), 0x01: (320, 240), 0x02: (640, 480), 0x03: (800, 600), 0x04: (1024, 768), 0x05: (176, 144),
    0x06: (352, 288), 0x07: (704, 288), 0x08: (704, 576), 0xFF: (1024, 768),
}  # fmt: skip
"""Resolutions of 0x8801 in pixels."""
TAXI_SIZES = {0: (320, 240), 1: (640, 480), 2: (800, 600)}
CABIN_CHANNELS = (2, 0x65)
"""Channels that look at the driver; the others look at the road."""
_MOST_BYTES = 80_000
_QUALITIES = (86, 74, 62, 50, 38, 26)
_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "wqy-zenhei.ttc", "DejaVuSans.ttf")


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture shows; the same scene always gives the same bytes on one machine."""

    index: int  # the vehicle's
    plate: str
    channel: int
    at: datetime
    size: tuple[int, int] = (640, 480)
    shows: str = ""  # what is seen besides: phone, smoking, no belt, crossing, covered; empty: nothing

    @property
    def covered(self) -> bool:
        """Whether somebody has put something over this camera; the same all day."""
        if self.shows:
            return self.shows == "covered"
        return share("covered camera", self._camera) < COVERED_SHARE

    @property
    def blurred(self) -> bool:
        """Whether this camera is out of focus or dirty."""
        return not self.covered and not self.shows and share("blurred camera", self._camera) < BLURRED_SHARE

    @property
    def _camera(self) -> int:
        return self.index * 256 + self.channel


def photo(scene: Scene) -> bytes:
    """The picture as JPEG."""
    luck = draw("picture", scene.index * 1_000_003 + int(scene.at.timestamp()) // 60 + scene.channel)
    noise = np.random.default_rng(luck)
    if scene.covered:
        picture = _covered(scene.size, noise)
    else:
        paint: Callable[..., None] = _cabin if scene.channel in CABIN_CHANNELS else _road
        picture = Image.new("RGB", scene.size)
        paint(ImageDraw.Draw(picture), scene, noise)
        if scene.blurred:
            picture = picture.filter(ImageFilter.GaussianBlur(scene.size[0] / 60))
    picture = _grainy(picture, noise, 2.0 if scene.covered else 11.0)
    _write_band(picture, scene)
    return _jpeg(picture)


def sound(seconds: int = 2) -> bytes:
    """A quiet tone as WAV, 8,000 samples a second of 8 bits."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(
            bytes(128 + round(40 * math.sin(place / 8000 * 440 * math.tau)) for place in range(8000)) * seconds
        )
    return out.getvalue()


def _road(pen: ImageDraw.ImageDraw, scene: Scene, noise: np.random.Generator) -> None:
    """Sky, fields, a road with its lane marks, houses at its sides, a car ahead."""
    width, height = scene.size
    day = 6 <= scene.at.astimezone(GMT8).hour < 18
    horizon = round(height * (0.40 + 0.06 * noise.random()))
    vanishing = width // 2 + int(noise.integers(-width // 12, width // 12 + 1))
    for y in range(horizon):
        fade = y / horizon
        colour = (120 + int(90 * fade), 160 + int(60 * fade), 215) if day else (12, 14, 30 + int(25 * fade))
        pen.line((0, y, width, y), fill=colour)
    pen.rectangle((0, horizon, width, height), fill=(96, 112, 70) if day else (24, 28, 22))
    for _ in range(14):
        left, tall = int(noise.integers(0, width)), int(noise.integers(height // 20, height // 6))
        if abs(left - vanishing) > width // 10:
            grey = int(noise.integers(90, 180)) if day else int(noise.integers(25, 60))
            pen.rectangle((left, horizon - tall, left + width // 14, horizon + 4), fill=(grey, grey - 8, grey - 16))
    tar = (72, 74, 78) if day else (30, 31, 34)
    pen.polygon([(vanishing - 6, horizon), (vanishing + 6, horizon), (width, height), (0, height)], fill=tar)
    for lane in (-0.33, 0.33):
        for step in range(10):
            near, far = (step + 0.5) / 10, step / 10
            ends = [(vanishing + lane * width * part**1.4, horizon + (height - horizon) * part) for part in (far, near)]
            pen.line(ends, fill=(225, 225, 215), width=max(1, round(6 * near)))
    scale = 0.12 + 0.2 * noise.random()
    wide, high = width * scale, width * scale * 0.7
    base = horizon + (height - horizon) * (0.25 + scale)
    paint = tuple(int(part) for part in noise.integers(40, 220, 3))
    pen.rectangle((vanishing - wide / 2, base - high, vanishing + wide / 2, base), fill=paint)
    pen.rectangle(
        (vanishing - wide * 0.4, base - high * 0.92, vanishing + wide * 0.4, base - high * 0.5), fill=(40, 50, 60)
    )
    if scene.shows == "crossing":
        _walker(pen, scene)
        return
    for side in (-1, 1):
        at = vanishing + side * wide * 0.4
        pen.ellipse((at - 5, base - high * 0.35 - 5, at + 5, base - high * 0.35 + 5), fill=(230, 40, 30))


def _walker(pen: ImageDraw.ImageDraw, scene: Scene) -> None:
    """Stripes across the road, and a figure on them."""
    width, height = scene.size
    top, bottom = height * 0.70, height * 0.82
    for stripe in range(9):
        left = width * (0.08 + 0.1 * stripe)
        pen.polygon(
            [(left, bottom), (left + width * 0.05, bottom), (left + width * 0.055, top), (left + width * 0.015, top)],
            fill=(232, 232, 226),
        )
    middle = width * 0.42
    pen.rounded_rectangle((middle - 14, height * 0.5, middle + 14, height * 0.7), 8, fill=(170, 60, 50))
    pen.ellipse((middle - 11, height * 0.43, middle + 11, height * 0.5), fill=(214, 178, 150))
    for step in (-1, 1):
        pen.line((middle, height * 0.68, middle + step * 14, height * 0.78), fill=(40, 44, 60), width=9)


def _hand(pen: ImageDraw.ImageDraw, scene: Scene, middle: float) -> None:
    """An arm up to the head, with what is in the hand."""
    width, height = scene.size
    elbow, hand = (middle + width * 0.24, height * 0.72), (middle + width * 0.095, height * 0.4)
    pen.line((*elbow, *hand), fill=(214, 178, 150), width=width // 24)
    if scene.shows == "phone":
        pen.rounded_rectangle((hand[0] - 12, hand[1] - 38, hand[0] + 10, hand[1] + 20), 5, fill=(18, 18, 22))
    else:
        pen.line((hand[0], hand[1] - 4, middle + width * 0.04, height * 0.43), fill=(246, 246, 240), width=6)
        pen.ellipse((hand[0] - 6, hand[1] - 9, hand[0] + 4, hand[1] + 1), fill=(240, 90, 30))


def _cabin(pen: ImageDraw.ImageDraw, scene: Scene, noise: np.random.Generator) -> None:
    """A seat, a figure without features, a belt, a wheel: nobody."""
    width, height = scene.size
    shade = int(noise.integers(60, 110))
    pen.rectangle((0, 0, width, height), fill=(shade, shade, shade + 8))
    pen.polygon([(0, 0), (width * 0.35, 0), (width * 0.2, height * 0.55), (0, height * 0.6)], fill=(170, 190, 205))
    pen.rounded_rectangle((width * 0.3, height * 0.15, width * 0.8, height * 1.1), 40, fill=(45, 45, 52))
    lean = float(noise.uniform(-0.03, 0.03)) * width
    middle = width * 0.55 + lean
    shirt = tuple(int(part) for part in noise.integers(60, 200, 3))
    pen.rounded_rectangle((middle - width * 0.19, height * 0.5, middle + width * 0.19, height * 1.1), 50, fill=shirt)
    pen.ellipse((middle - width * 0.085, height * 0.2, middle + width * 0.085, height * 0.5), fill=(214, 178, 150))
    pen.pieslice(
        (middle - width * 0.09, height * 0.16, middle + width * 0.09, height * 0.46), 180, 360, fill=(35, 30, 28)
    )
    if scene.shows != "no belt":
        belt = (middle + width * 0.15, height * 0.5, middle - width * 0.12, height)
        pen.line(belt, fill=(25, 25, 28), width=width // 32)
    if scene.shows in ("phone", "smoking"):
        _hand(pen, scene, middle)
    pen.arc((width * 0.02, height * 0.7, width * 0.5, height * 1.3), 180, 360, fill=(20, 20, 22), width=width // 28)


def _covered(size: tuple[int, int], noise: np.random.Generator) -> Image.Image:
    dark = int(noise.integers(4, 30))
    return Image.new("RGB", size, (dark, dark, dark))


def _grainy(picture: Image.Image, noise: np.random.Generator, strength: float) -> Image.Image:
    pixels = np.asarray(picture, np.int16)
    grain = noise.normal(0.0, strength, pixels.shape[:2]).astype(np.int16)
    return Image.fromarray(np.clip(pixels + grain[:, :, None], 0, 255).astype(np.uint8))


def _write_band(picture: Image.Image, scene: Scene) -> None:
    """Plate, channel and time at the top, 测试画面 at the bottom."""
    pen, size = ImageDraw.Draw(picture), max(11, picture.width // 34)
    font = _font(size)
    when = scene.at.astimezone(GMT8)
    lines = (
        (f"{scene.plate}  CH{scene.channel}  {when:%Y-%m-%d %H:%M:%S}", 4),
        ("测试画面 TEST", picture.height - size - 8),
    )
    for text, top in lines:
        pen.text((7, top + 1), text, font=font, fill=(0, 0, 0))
        pen.text((6, top), text, font=font, fill=(255, 255, 255))


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _jpeg(picture: Image.Image) -> bytes:
    """As fine as fits ``_MOST_BYTES``."""
    data = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        data = out.getvalue()
        if len(data) <= _MOST_BYTES:
            break
    return data
