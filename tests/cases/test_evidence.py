"""Photos as evidence: what is taken byte for byte, what is refused and why, how they are sent back."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.errors import FieldRefused
from datacenter.cases.evidence import MAX_PHOTO_BYTES, MAX_PHOTOS, check_photo, store_photo
from datacenter.cases.models import Case, CaseAttachment
from tests.cases.opening import open_case
from tests.cases.pictures import MAKE, image, jpeg, jpeg_of_a_camera, png_claiming, upload

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def case(dawa_officer: User) -> Case:
    return workflow.accept_case(open_case(), by=dawa_officer)


def stored(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("kind", "media_type", "suffix"),
    [("JPEG", "image/jpeg", ".jpg"), ("PNG", "image/png", ".png"), ("WEBP", "image/webp", ".webp")],
)
def test_a_photo_is_known_by_its_content_whatever_it_is_called(kind: str, media_type: str, suffix: str) -> None:
    kept = store_photo(upload(image(kind), "whatever.exe", "application/x-msdownload"))
    assert (kept.content_type, Path(kept.path).suffix) == (media_type, suffix)
    assert Path(kept.path).stem == kept.sha256


def test_the_bytes_are_kept_with_what_the_camera_wrote(settings: Any) -> None:
    content = jpeg_of_a_camera()
    kept = store_photo(upload(content))
    on_disk = (Path(settings.MEDIA_ROOT) / kept.path).read_bytes()
    assert on_disk == content
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert Image.open(io.BytesIO(on_disk)).getexif()[MAKE] == "PANJIN-CAM"


def test_the_same_bytes_are_kept_once(case: Case, dawa_officer: User, settings: Any) -> None:
    for _ in range(2):
        workflow.handle_case(case, by=dawa_officer, note="拍照", photos=[upload(jpeg()), upload(jpeg(), "另一张.jpg")])
    assert CaseAttachment.objects.count() == 4
    assert len(stored(settings)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SVG, "不是可识别的照片"),
        (HTML, "不是可识别的照片"),
        (b"", "不是可识别的照片"),
        (b"%PDF-1.7", "不是可识别的照片"),
        (jpeg()[:20], "不是可识别的照片"),
        (image("GIF"), "GIF 格式"),
        (image("BMP"), "BMP 格式"),
        (image("TIFF"), "TIFF 格式"),
        (png_claiming(8000, 8000), "像素过大"),
        (png_claiming(60_000, 60_000), "不是可识别的照片"),
        (jpeg() + b"\0" * MAX_PHOTO_BYTES, "超过 10 MB"),
    ],
    ids=["svg", "html", "nothing", "pdf", "cut off", "gif", "bmp", "tiff", "bomb", "great bomb", "too large"],
)
def test_what_is_no_photo_is_refused_by_its_name(
    case: Case, dawa_officer: User, settings: Any, content: bytes, said: str
) -> None:
    photos = [upload(jpeg(), "好.jpg"), upload(content, "坏.jpg")]
    with pytest.raises(FieldRefused) as refusal:
        workflow.handle_case(case, by=dawa_officer, note="拍照", photos=photos)
    assert refusal.value.field == "photos"
    assert "坏.jpg" in refusal.value.message
    assert said in refusal.value.message
    assert not CaseAttachment.objects.exists()
    assert case.events.last().verb == "accept"


def test_a_photo_just_under_the_limit_is_taken() -> None:
    content = jpeg()
    check_photo(upload(content + b"\0" * (MAX_PHOTO_BYTES - len(content))))


def test_nine_photos_are_taken_and_ten_are_not(case: Case, dawa_officer: User) -> None:
    photos = [upload(jpeg(quality=10 + number)) for number in range(MAX_PHOTOS + 1)]
    with pytest.raises(FieldRefused):
        workflow.handle_case(case, by=dawa_officer, note="拍照", photos=photos)
    workflow.handle_case(case, by=dawa_officer, note="拍照", photos=photos[:MAX_PHOTOS])
    assert CaseAttachment.objects.count() == MAX_PHOTOS


def test_an_event_tells_the_hash_of_its_files(case: Case, dawa_officer: User) -> None:
    workflow.handle_case(case, by=dawa_officer, note="拍照", photos=[upload(jpeg())])
    attachment = CaseAttachment.objects.get()
    assert case.events.last().facts["files"] == [{"name": "现场.jpg", "sha256": attachment.sha256}]


# --- over the page ----------------------------------------------------------------------------------------------------
@pytest.fixture
def client(dawa_officer: User) -> Client:
    client = Client()
    client.force_login(dawa_officer)
    return client


def photo_of(case: Case, by: User, content: bytes) -> str:
    """The address of a photo that was just added to ``case``."""
    workflow.handle_case(case, by=by, note="拍照", photos=[upload(content)])
    return reverse("case-attachment", args=[case.number, CaseAttachment.objects.latest("pk").pk])


def test_a_photo_comes_back_as_it_went_in_and_can_run_nothing(case: Case, dawa_officer: User, client: Client) -> None:
    content = jpeg_of_a_camera()
    response = client.get(photo_of(case, dawa_officer, content))
    assert b"".join(response.streaming_content) == content
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_small_picture_says_nothing_of_the_camera(case: Case, dawa_officer: User, client: Client) -> None:
    response = client.get(photo_of(case, dawa_officer, jpeg_of_a_camera()), {"size": "thumb"})
    assert response.status_code == 200
    assert MAKE not in Image.open(io.BytesIO(response.content)).getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_that_breaks_off_in_the_middle_breaks_no_page(
    case: Case, dawa_officer: User, client: Client, kind: str
) -> None:
    noisy = Image.effect_noise((400, 300), 90)
    whole = io.BytesIO()
    noisy.save(whole, kind)
    client.raise_request_exception = False
    try:
        address = photo_of(case, dawa_officer, whole.getvalue()[: len(whole.getvalue()) // 2])
    except FieldRefused:
        return  # refused at the door: nothing is there to break
    assert client.get(address).status_code == 200
    assert client.get(address, {"size": "thumb"}).status_code in {200, 404}


def test_a_photo_of_another_case_is_not_found_under_this_one(case: Case, dawa_officer: User, client: Client) -> None:
    address = photo_of(case, dawa_officer, jpeg())
    other = open_case()
    assert client.get(address.replace(case.number, other.number)).status_code == 404


def test_a_photo_that_ends_too_early_is_refused() -> None:
    whole = jpeg()
    with pytest.raises(FieldRefused, match="不是可识别的照片"):
        check_photo(upload(whole[: len(whole) // 2]))
