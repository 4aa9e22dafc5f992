"""Covered cameras: what is called so, what is not, and photos that cannot be judged."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from datacenter.media import covered, files
from datacenter.media.covered import PhotoUnreadable, grey_of, judge, judge_photo, look_of
from datacenter.media.models import MediaFile
from tests import factories
from tests.cases.pictures import png_claiming


def street(seed: int = 1) -> Image.Image:
    """Something with edges at many scales: boxes of all sizes and brightnesses."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (640, 480), (150, 170, 190))
    for _ in range(160):
        x, y = rng.integers(0, 640), rng.integers(0, 480)
        w, h = rng.integers(5, 120, 2)
        picture.paste(tuple(int(v) for v in rng.integers(0, 255, 3)), (x, y, x + w, y + h))
    return picture


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=75)
    return out.getvalue()


def hand(level: int = 60) -> Image.Image:
    """A hand before the lens: one brightness and a little noise."""
    grey = np.random.default_rng(level).normal(level, 3, (480, 640))
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")


def verdict(picture: Image.Image) -> covered.Verdict:
    return judge(look_of(grey_of(jpeg(picture))))


def night() -> Image.Image:
    dark = street().point(lambda v: v // 6)
    for x in range(40, 640, 90):
        dark.paste((255, 240, 190), (x, 60, x + 12, 72))
    return dark


@pytest.mark.parametrize("level", [0, 20, 60, 130, 200])
def test_one_colour_of_any_brightness_is_covered(level: int) -> None:
    assert verdict(hand(level)).covered


def test_a_scene_gone_out_of_focus_is_covered_and_a_sharp_one_is_not() -> None:
    assert not verdict(street()).covered
    assert verdict(street().filter(ImageFilter.GaussianBlur(30))).covered


def test_a_night_with_lamps_is_not_covered() -> None:
    assert not verdict(night()).covered


@pytest.mark.parametrize("picture", [hand(), street()], ids=["covered", "clear"])
def test_what_terminals_write_into_a_picture_counts_for_nothing(picture: Image.Image) -> None:
    stamped = picture.copy()
    pen = ImageDraw.Draw(stamped)
    for top in (6, 30, 440, 460):
        pen.text((6, top), "LT12345  CH1  2026-11-25 08:30:12", font=ImageFont.load_default(22), fill=(255, 255, 255))
    assert verdict(stamped).covered is verdict(picture).covered
    assert verdict(stamped).score == pytest.approx(verdict(picture).score, abs=0.02)


def test_the_score_rises_with_blur() -> None:
    scores = [verdict(street().filter(ImageFilter.GaussianBlur(radius))).score for radius in (0, 4, 10, 20, 40)]
    assert scores == sorted(scores)
    assert scores[0] < covered.COVERED_FROM < scores[-1]


def test_just_under_on_and_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    look = look_of(grey_of(jpeg(street().filter(ImageFilter.GaussianBlur(9)))))
    score = judge(look).score
    for limit, said in ((score - 1e-9, True), (score, True), (score + 1e-9, False)):
        monkeypatch.setattr(covered, "COVERED_FROM", limit)
        assert judge(look).covered is said


def test_a_camera_that_was_never_sharp_is_judged_more_gently_than_one_that_was() -> None:
    soft = look_of(grey_of(jpeg(street().filter(ImageFilter.GaussianBlur(9)))))
    sharp = look_of(grey_of(jpeg(street())))
    assert judge(soft, [sharp] * 3).score > judge(soft, [soft] * 3).score


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "readable"),
        (b"<html>", "readable"),
        (jpeg(street())[:4000], "readable"),
        (png_claiming(60_000, 60_000), "readable"),
        (png_claiming(6_000, 6_000), "most_pixels"),
        (jpeg(street()) + b"\0" * (20 << 20), "most_bytes"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_its_rule(data: bytes, rule: str) -> None:
    with pytest.raises(PhotoUnreadable) as refusal:
        grey_of(data)
    assert refusal.value.facts["rule"] == rule


@pytest.mark.django_db
def test_a_stored_photo_is_judged_by_the_earlier_ones_of_its_own_camera(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    vehicle, now = factories.make_vehicle(), timezone.now()

    def keep(data: bytes, seconds: int, channel: int = 1) -> MediaFile:
        kept = files.keep_bytes(data)
        return MediaFile.objects.create(
            vehicle=vehicle,
            county_id=vehicle.county_id,
            company_id=vehicle.company_id,
            kind=MediaFile.Kind.IMAGE,
            source=MediaFile.Source.PHOTO,
            channel=channel,
            received_at=now + timedelta(seconds=seconds),
            sha256=kept.sha256,
            size_bytes=kept.size_bytes,
            content_type=kept.what.content_type,
            path=kept.path,
        )

    keep(jpeg(street(1)), 0)
    keep(jpeg(hand(200)), 1, channel=2)
    keep(b"no picture", 2)
    later = keep(jpeg(street(3)), 99)
    photo = keep(jpeg(hand()), 50)
    said = judge_photo(photo, tmp_path)
    assert said.covered
    own = judge(look_of(grey_of(jpeg(hand()))), [look_of(grey_of(jpeg(street(1))))])
    assert said == own
    (tmp_path / later.path).unlink()
    with pytest.raises(PhotoUnreadable):
        judge_photo(later, tmp_path)
