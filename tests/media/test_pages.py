"""Pages of files and alarms: who sees what, how fast, and what is written down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.media.files import keep_bytes
from datacenter.media.models import MediaFile, SafetyEventCode, SafetyTableChange, TerminalProfile
from datacenter.media.section import section_context
from datacenter.protocols.active_safety.record import StateBlock
from datacenter.protocols.wire import GMT8
from datacenter.registry.models import Company, Vehicle
from tests import factories
from tests.commands.test_pages import signed_in
from tests.media.conftest import NOW, make_alarm, picture

pytestmark = pytest.mark.django_db


def make_file(vehicle: Vehicle, data: bytes = b"", **facts: Any) -> MediaFile:
    kept = keep_bytes(data or picture())
    given = {
        "kind": kept.what.kind, "source": "photo", "channel": 1, "event": 1, "reason": "定时动作",
        "media_id": MediaFile.objects.count(), "received_at": NOW, "device_time": NOW, "sha256": kept.sha256,
        "size_bytes": kept.size_bytes, "content_type": kept.what.content_type, "path": kept.path, **facts,
    }  # fmt: skip
    return MediaFile.objects.create(
        vehicle=vehicle, county_id=vehicle.county_id, company_id=vehicle.company_id, **given
    )


@pytest.fixture
def dawa(truck: Vehicle, dawa_officer: User) -> Client:
    return signed_in(dawa_officer)


@pytest.fixture
def stranger(truck: Vehicle, panshan_officer: User) -> Client:
    return signed_in(panshan_officer)


def text(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_gallery_says_what_would_fill_it(dawa: Client) -> None:
    assert "还没有多媒体文件" in text(dawa, "media-gallery")
    assert "没有符合条件的文件" in text(dawa, "media-gallery", kind="video")
    assert "还没有主动安全报警" in text(dawa, "safety-alarms")


def test_each_county_sees_the_files_of_its_own_vehicles(dawa: Client, stranger: Client, truck: Vehicle) -> None:
    file, alarm = make_file(truck), make_alarm(truck)
    assert truck.plate[2:] in text(dawa, "media-gallery")
    assert truck.plate[2:] not in text(stranger, "media-gallery")
    for name, pk in (("media-file", file.pk), ("safety-alarm", alarm.pk)):
        address = reverse(name, args=[pk])
        assert dawa.get(address).status_code == 200
        assert stranger.get(address).status_code == 404
        assert stranger.get(address, {"size": "thumb"}).status_code == 404
    assert "接打电话" not in text(stranger, "safety-alarms")


def test_filters_let_through_what_they_name(dawa: Client, truck: Vehicle, hazmat_company: Company) -> None:
    other = factories.make_vehicle("辽L55555", hazmat_company)
    make_file(truck, reason="车门开")
    make_file(other, reason="碰撞", source="attachment", received_at=NOW - timedelta(days=3))
    make_file(other, b"\0\0\0\x01\x67" + bytes(9), reason="录像")

    def reasons(**query: Any) -> set[str]:
        page = text(dawa, "media-gallery", **query)
        return {word for word in ("车门开", "碰撞", "录像") if f">{word}<" in page}

    assert reasons() == {"车门开", "碰撞", "录像"}
    assert reasons(q="77777") == {"车门开"}
    assert reasons(vehicle=other.pk) == {"碰撞", "录像"}
    assert reasons(kind="image") == {"车门开", "碰撞"}
    assert reasons(source="attachment") == {"碰撞"}
    day = timezone.localtime(NOW - timedelta(days=3)).date()
    assert reasons(day=day.isoformat()) == {"碰撞"}
    assert reasons(day="yesterday", kind="nonsense", vehicle="x") == {"车门开", "碰撞", "录像"}


def test_pages_turn_by_fifty(dawa: Client, truck: Vehicle) -> None:
    for number in range(60):
        make_file(truck, reason=f"第{number:02d}张", received_at=NOW - timedelta(minutes=number))
        make_alarm(truck, title=f"第{number:02d}次", received_at=NOW - timedelta(minutes=number), counter=number)
    for name, word in (("media-gallery", "张"), ("safety-alarms", "次")):
        first = dawa.get(reverse(name))
        assert first.context["page"].rows[0].received_at == NOW
        assert len(first.context["page"].rows) == 50
        second = dawa.get(reverse(name) + first.context["page"].older_query).content.decode()
        assert f"第50{word}" in second
        assert f"第49{word}" not in second


def test_no_query_a_row(dawa: Client, truck: Vehicle) -> None:
    def queries(name: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            text(dawa, name)
        return len(seen)

    counts = []
    for count in (2, 20):
        for _ in range(count):
            alarm = make_alarm(truck)
            make_file(truck, alarm=alarm)
        counts.append((queries("media-gallery"), queries("safety-alarms")))
    assert counts[0] == counts[1]


def test_a_picture_is_shown_as_what_it_is_and_looking_is_written_down(dawa: Client, truck: Vehicle) -> None:
    file = make_file(truck)
    answer: Any = dawa.get(reverse("media-file", args=[file.pk]))
    assert b"".join(answer.streaming_content) == picture()
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "attachment" not in answer["Content-Disposition"]
    (record,) = AuditRecord.objects.filter(action="media.view")
    assert record.detail["sha256"] == file.sha256
    small = dawa.get(reverse("media-file", args=[file.pk]), {"size": "thumb"})
    assert small["Content-Type"] == "image/jpeg"
    assert dawa.get(reverse("media-file", args=[file.pk]), headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert AuditRecord.objects.filter(action="media.view").count() == 1


@pytest.mark.parametrize(
    "data", [b"<script>alert(1)</script>", b"\0\0\0\x01\x67" + bytes(9), b"\xff\xd8\xff" + bytes(9)]
)
def test_what_is_no_picture_is_only_to_be_saved(dawa: Client, truck: Vehicle, data: bytes) -> None:
    file = make_file(truck, data)
    answer = dawa.get(reverse("media-file", args=[file.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert dawa.get(reverse("media-file", args=[file.pk]), {"size": "thumb"}).status_code == 404


def test_a_picture_that_breaks_off_is_kept_and_costs_no_page(dawa: Client, truck: Vehicle) -> None:
    file = make_file(truck, picture()[:-200])
    assert file.kind == "image"
    assert dawa.get(reverse("media-file", args=[file.pk])).status_code == 200
    assert dawa.get(reverse("media-file", args=[file.pk]), {"size": "thumb"}).status_code in (200, 404)


def test_a_file_that_is_gone_from_the_disk_is_said_to_be(dawa: Client, truck: Vehicle, media_root: Path) -> None:
    file = make_file(truck)
    (media_root / file.path).unlink()
    assert dawa.get(reverse("media-file", args=[file.pk])).status_code == 404


def test_an_alarm_shows_its_files_and_its_record(dawa: Client, truck: Vehicle) -> None:
    moment = NOW.astimezone(GMT8)
    block = StateBlock(
        1, 4, 0, 3, 41.1, 122.0, 5, 61.5, 90, moment, 0, 0, 0, 0, 0, 0, 60.0, 59.0, 3, 20, 0, 0, 1500, 12, 0
    )
    alarm = make_alarm(truck, attachments_received=2, state="complete")
    make_file(truck, alarm=alarm, source="attachment", reason=alarm.title)
    make_file(truck, block.pack(), alarm=alarm, source="attachment", reason=alarm.title)
    page = text(dawa, "safety-alarm", alarm.pk)
    for word in (
        "接打电话",
        "二级",
        "附件齐全",
        "41.123456",
        "车辆状态数据",
        "61.5 km/h",
        "1,500 r/min",
        alarm.alarm_no,
    ):
        assert word in page
    assert AuditRecord.objects.filter(action="safety_alarm.view").count() == 1


def test_a_vehicles_section_shows_the_newest_and_nothing_of_others(
    truck: Vehicle, dawa_officer: User, panshan_officer: User
) -> None:
    assert section_context(dawa_officer, truck) is None
    make_file(truck)
    make_alarm(truck)
    shown = section_context(dawa_officer, truck)
    assert shown is not None
    assert (len(shown["files"]), len(shown["alarms"])) == (1, 1)
    assert section_context(panshan_officer, truck) is None
    page = signed_in(dawa_officer).get(reverse("vehicle-detail", args=[truck.pk])).content.decode()
    assert "影像与主动安全" in page


def test_who_has_no_right_to_pictures_sees_none(truck: Vehicle, hotline_operator: User) -> None:
    file = make_file(truck)
    client = signed_in(hotline_operator)
    assert client.get(reverse("media-gallery")).status_code == 403
    assert client.get(reverse("media-file", args=[file.pk])).status_code == 403


def test_codes_and_profiles_are_changed_with_a_history(administrator: User, city_officer: User) -> None:
    client = signed_in(administrator)
    code = SafetyEventCode.objects.get(vendor="T/JSATL 12-2017", item=0x65, code=3)
    form = {
        "vendor": code.vendor, "item": 0x65, "code": 3, "title": "吸烟", "source": "局方核对", "source_verified": "on",
        "changes-TOTAL_FORMS": 0, "changes-INITIAL_FORMS": 0,
    }  # fmt: skip
    address = reverse("admin:datacenter_safetyeventcode_change", args=[code.pk])
    assert client.post(address, form).status_code == 302
    assert client.post(address, form).status_code == 302  # the same again changes nothing
    (change,) = SafetyTableChange.objects.filter(code=code)
    assert (change.before["title"], change.after["title"], change.by) == ("抽烟", "吸烟", administrator)
    assert "吸烟" in client.get(address).content.decode()
    profile = {
        "maker": "RUIMING", "model": "", "vendor": "锐明", "practice": "guangdong", "source": "厂商手册",
        "changes-TOTAL_FORMS": 0, "changes-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert client.post(reverse("admin:datacenter_terminalprofile_add"), profile).status_code == 302
    row = TerminalProfile.objects.get()
    assert row.changes.get().after["practice"] == "guangdong"
    assert AuditRecord.objects.filter(action="safety_table.change").count() == 3
    assert not SafetyEventCode.objects.exclude(pk=code.pk).filter(source_verified=True).exists()
    assert signed_in(city_officer).get(reverse("admin:datacenter_safetyeventcode_changelist")).status_code in (200, 302)
