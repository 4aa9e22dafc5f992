"""Photos judged as they come: each once, whatever is killed; a covered one is a finding with its photo."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from PIL import Image

from datacenter.accounts.models import User
from datacenter.detection import findings
from datacenter.detection.models import Finding, UntoldEvent
from datacenter.detection.words import in_one_line
from datacenter.facts.workflow import keep
from datacenter.media import covered, judging, tasks
from datacenter.media.files import keep_bytes
from datacenter.media.models import MediaFile
from datacenter.media.selectors import files_of
from datacenter.protocols.jt905.messages import ImagePart
from datacenter.registry.models import Vehicle
from datacenter.screening.models import ReviewItem
from datacenter.screening.selectors import strip_of
from tests.cases.pictures import png_claiming
from tests.conftest import on_test_database
from tests.media.conftest import NOW, make_alarm
from tests.media.test_covered import hand, jpeg, street
from tests.media.test_photos import TAKEN, WAV, fact, photo

POSITION_905 = bytes.fromhex("00000000 00000000 01785600 045D9FD0 0190 2D 260309071200")
pytestmark = pytest.mark.usefixtures("tracks")


def judged() -> MediaFile:
    """The only photo, after a run of the task's work."""
    judging.judge_waiting()
    return MediaFile.objects.get()


def test_a_covered_photo_becomes_a_finding_that_shows_it(truck: Vehicle, city_officer: User) -> None:
    keep(fact(truck, photo(jpeg(hand()), channel=3)))
    file = judged()
    assert file.verdict["covered"] is True
    assert file.verdict["score"] >= covered.COVERED_FROM
    assert set(covered.WEIGHTS) <= set(file.verdict["figures"])
    finding = Finding.objects.get()
    assert (finding.detector, finding.started_at) == ("camera.covered", TAKEN)
    assert finding.evidence["told"] == [f"media:{file.pk}"]
    assert (finding.latitude_e6, finding.longitude_e6) == (41_123_456, 122_065_432)
    assert (finding.case, finding.county_id) == (None, truck.county_id)  # somebody looks first
    assert "遮挡通道 3" in in_one_line(finding)
    assert f"照片遮挡评分 {round(100 * file.verdict['score'])} %" in in_one_line(finding)
    assert list(files_of(finding, city_officer)) == [file]
    item = ReviewItem.objects.get(finding=finding)
    assert item.awaits_case
    assert strip_of(item, city_officer) == [file]


def test_a_clear_photo_is_judged_and_is_no_finding(truck: Vehicle) -> None:
    keep(fact(truck, photo(jpeg(street()))))
    file = judged()
    assert file.verdict["covered"] is False
    assert file.judged_at is not None
    assert not Finding.objects.exists()
    assert judging.judge_waiting() is False
    assert MediaFile.objects.get().judged_at == file.judged_at


def test_the_photo_of_a_taxi_is_judged_too(truck: Vehicle) -> None:
    data = POSITION_905 + jpeg(hand())
    keep(fact(truck, ImagePart(2, 77, 0, len(data), 0, data), "jt905"))
    judging.judge_waiting()
    assert "遮挡通道 未说明" in in_one_line(Finding.objects.get())


def test_photos_of_one_camera_close_in_time_are_one_finding(truck: Vehicle) -> None:
    for number in range(3):
        keep(fact(truck, photo(jpeg(hand(20 + number)), media_id=number)))
    judging.judge_waiting()
    finding = Finding.objects.get()
    assert finding.measures["alarms"] == 3
    assert len(finding.evidence["told"]) == 3


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (jpeg(street())[:4000], "readable"),
        (png_claiming(6_000, 6_000), "most_pixels"),
        (jpeg(hand()) + bytes(20 << 20), "most_bytes"),
    ],
    ids=["cut off", "too many pixels", "20 MB"],
)
def test_a_photo_that_cannot_be_judged_says_why_and_is_no_finding(truck: Vehicle, data: bytes, refused: str) -> None:
    before = judging.JUDGED.value(refused)
    keep(fact(truck, photo(data)))
    file = judged()
    assert (file.kind, file.verdict["refused"]) == ("image", refused)
    assert file.judged_at is not None
    assert judging.JUDGED.value(refused) == before + 1
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    "data",
    [b"<svg onload=alert(1)>\0", WAV, b"\0\0\0\x18ftypisom" + bytes(20)],
    ids=["no image", "sound", "clip cut off"],
)
def test_what_is_no_picture_does_not_wait(truck: Vehicle, data: bytes) -> None:
    keep(fact(truck, photo(data)))
    assert not judging.waiting().exists()
    assert judged().judge_tries == 0


def test_a_picture_attached_to_an_alarm_is_not_judged(truck: Vehicle) -> None:
    kept = keep_bytes(jpeg(hand()))
    MediaFile.objects.create(
        vehicle=truck, county_id=truck.county_id, company_id=truck.company_id, kind="image", source="attachment",
        received_at=NOW, sha256=kept.sha256, size_bytes=kept.size_bytes, content_type="image/jpeg", path=kept.path,
        alarm=make_alarm(truck),
    )  # fmt: skip
    assert not judging.waiting().exists()


def test_a_photo_gone_from_the_disk_is_refused_by_name(truck: Vehicle, media_root: Path) -> None:
    keep(fact(truck, photo(jpeg(hand()))))
    (media_root / MediaFile.objects.get().path).unlink()
    assert judged().verdict["refused"] == "stored"


def test_one_that_kills_its_worker_goes_behind_the_others_and_is_given_up(
    truck: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone: nothing after this line runs."""

    real = covered.judge_photo

    def deadly(file: MediaFile, root: Path) -> Any:
        if file.media_id == 1:
            raise Killed
        return real(file, root)

    monkeypatch.setattr(judging, "judge_photo", deadly)
    for number, picture in ((1, street()), (2, hand())):
        keep(fact(truck, photo(jpeg(picture), media_id=number)))
    with pytest.raises(Killed):
        judging.judge_waiting()
    assert MediaFile.objects.filter(judged_at=None).count() == 2
    with pytest.raises(Killed):  # the other came first
        judging.judge_waiting()
    assert Finding.objects.get().evidence["told"] == [f"media:{MediaFile.objects.get(media_id=2).pk}"]
    for _ in range(judging.MOST_TRIES - 2):
        with pytest.raises(Killed):
            judging.judge_waiting()
    judging.judge_waiting()
    assert MediaFile.objects.get(media_id=1).verdict["refused"] == "most_tries"
    assert not judging.waiting().exists()


def test_a_killed_run_tells_nothing_twice(truck: Vehicle, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """After the event was told, before the commit."""

    real = judging.events.tell

    def dies_after(told: Any) -> Any:
        real(told)
        raise Killed

    keep(fact(truck, photo(jpeg(hand()))))
    with monkeypatch.context() as patched:
        patched.setattr(judging.events, "tell", dies_after)
        with pytest.raises(Killed):
            judging.judge_waiting()
    assert not Finding.objects.exists()
    assert judged().judged_at is not None
    assert Finding.objects.get().measures["alarms"] == 1


def test_a_finding_that_fails_costs_no_verdict(truck: Vehicle, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(findings, "found", broken)
    keep(fact(truck, photo(jpeg(hand()))))
    file = judged()
    assert file.verdict["covered"] is True
    assert UntoldEvent.objects.get().reference == f"media:{file.pk}"


def test_a_photo_that_another_worker_has_is_left_to_it(truck: Vehicle) -> None:
    keep(fact(truck, photo(jpeg(hand()))))
    with closing(psycopg2.connect(on_test_database(os.environ["DATABASE_URL"]))) as other, other.cursor() as cursor:
        cursor.execute("SELECT set_config('app.scope', 'city', true)")
        cursor.execute("SELECT 1 FROM media_file FOR UPDATE")
        assert cursor.rowcount == 1
        assert judging.judge_waiting() is False
        other.rollback()
    assert judged().judge_tries == 1


def test_more_than_one_run_may_take_asks_for_another(truck: Vehicle, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(tasks.judge_photos, "delay", lambda: asked.append("again"))
    monkeypatch.setattr(judging.judge_waiting, "__defaults__", (2,))
    for number in range(3):
        keep(fact(truck, photo(jpeg(street(number)), media_id=number)))
    tasks.judge_photos()
    assert asked == ["again"]
    tasks.judge_photos()
    assert not judging.waiting().exists()
    assert asked == ["again"]


@pytest.mark.parametrize(
    ("clock", "own"),
    [
        (NOW - timedelta(days=8), True),
        (NOW - timedelta(days=8, seconds=1), False),
        (NOW + timedelta(minutes=10), True),
        (NOW + timedelta(minutes=10, seconds=1), False),
    ],
    ids=["days late", "a second too late", "ahead", "a second too far ahead"],
)
def test_a_clock_that_cannot_be_counts_for_nothing(truck: Vehicle, clock: datetime, own: bool) -> None:
    keep(fact(truck, photo(jpeg(hand()))))
    MediaFile.objects.update(device_time=clock)
    judging.judge_waiting()
    assert Finding.objects.get().started_at == (clock if own else NOW)


def test_a_camera_that_stays_covered_does_not_become_its_own_norm(truck: Vehicle, media_root: Path) -> None:
    def taken(picture: Image.Image, number: int) -> MediaFile:
        one = fact(truck, photo(jpeg(picture), media_id=number))
        one = replace(one, received_at=NOW + timedelta(hours=number))
        keep(one)
        judging.judge_waiting()
        return MediaFile.objects.get(media_id=number)

    taken(street(), 1)
    first = taken(hand(), 2)
    assert first.verdict["figures"]["sharpness_lost"] > 0
    for number in range(3, 9):
        again = taken(hand(), number)
    assert again.verdict["figures"]["sharpness_lost"] == first.verdict["figures"]["sharpness_lost"]
