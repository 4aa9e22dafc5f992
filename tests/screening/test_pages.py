"""The desk's pages as forms and as JSON: who sees what, what an answer gives back, what the pages cost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.cases.models import Case
from datacenter.commands.models import Command
from datacenter.detection.models import DetectorSetting
from datacenter.detection.settings import enter_detectors
from datacenter.registry.models import DriverBinding
from datacenter.screening import workflow
from datacenter.screening.models import Review, ReviewItem
from tests import factories
from tests.commands.test_pages import signed_in
from tests.media.test_pages import make_file
from tests.screening.items import make_item

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def act(item: ReviewItem, verb: str) -> str:
    return reverse("screening-act", args=[item.pk, verb])


def test_without_scripts_every_answer_is_a_form_that_leads_to_the_next(dawa_officer: User) -> None:
    first, then, last = make_item(peak_kmh=160), make_item(peak_kmh=120), make_item(peak_kmh=90)
    client = signed_in(dawa_officer)
    page = client.get(reverse("screening")).content.decode()
    assert f'action="{act(first, "confirm")}"' in page
    assert f'formaction="{act(first, "reject")}"' in page
    done = client.post(act(first, "confirm"), {"note": ""}, follow=True)
    assert Case.objects.get().number in done.content.decode()
    assert act(then, "confirm") in done.content.decode()
    client.post(act(then, "reject"), {"reason": "drift"})
    page = client.get(reverse("screening")).content.decode()
    assert act(last, "confirm") in page
    client.post(act(last, "skip"))
    assert "没有待排查的疑似违规" in client.get(reverse("screening")).content.decode()
    assert list(Review.objects.values_list("answer", flat=True)) == ["confirmed", "rejected", "skipped"]


def test_a_script_gets_the_figures_the_queue_and_the_item_behind_the_one_it_shows(dawa_officer: User) -> None:
    first, then, last = (make_item(peak_kmh=peak) for peak in (160, 120, 90))
    client = signed_in(dawa_officer)
    client.get(reverse("screening"))
    ahead = client.post(reverse("screening-next"), {"shown": first.pk}, headers=JSON).json()["next"]
    assert ahead["pk"] == then.pk
    said = client.post(act(first, "confirm"), {"shown": then.pk}, headers=JSON).json()
    assert said["next"]["pk"] == last.pk
    assert f'is-current" aria-current="true" data-item="{then.pk}"' in said["queue"]
    assert "data-done>1<" in said["figures"]
    said = client.post(act(then, "confirm"), {"shown": last.pk}, headers=JSON).json()
    assert said["next"] is None


def test_a_refusal_says_what_was_wrong(dawa_officer: User) -> None:
    item = make_item()
    client = signed_in(dawa_officer)
    refused = client.post(act(item, "confirm"), headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "review_item_taken")
    client.get(reverse("screening"))
    refused = client.post(act(item, "reject"), {"reason": "other"}, headers=JSON)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["note"])
    refused = client.post(act(item, "confirm"), {"marked_at": "soon"}, headers=JSON)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["marked_at"])
    assert client.post(act(item, "nonsense")).status_code == 404


def test_an_item_that_somebody_holds_is_refused_and_another_given(dawa_officer: User, city_officer: User) -> None:
    held, free = make_item(peak_kmh=160), make_item(peak_kmh=90)
    workflow.take_next(city_officer)
    page = signed_in(dawa_officer).get(reverse("screening"), {"item": held.pk}).content.decode()
    assert "这条记录正由其他人员排查" in page
    assert act(free, "confirm") in page


def test_the_other_county_sees_and_does_nothing(panshan_officer: User) -> None:
    item = make_item()
    client = signed_in(panshan_officer)
    assert item.plate not in client.get(reverse("screening")).content.decode()
    assert item.plate not in client.get(reverse("screening"), {"item": item.pk}).content.decode()
    for verb in ("confirm", "skip"):
        assert client.post(act(item, verb)).status_code == 404
    client.post(act(item, "release"))
    assert not Review.objects.exists()


def test_pictures_of_the_span_stand_in_the_strip_by_the_terminals_clock(dawa_officer: User) -> None:
    truck, at = factories.make_vehicle(), timezone.now() - timedelta(hours=1)
    make_item(truck, at=at)
    during = make_file(truck, device_time=at + timedelta(minutes=1), received_at=at + timedelta(hours=1))
    edge = make_file(truck, device_time=at - timedelta(seconds=120))
    before = make_file(truck, device_time=at - timedelta(seconds=121))
    untimed = make_file(truck, device_time=None, received_at=at)
    other = make_file(factories.make_vehicle(), device_time=at)
    page = signed_in(dawa_officer).get(reverse("screening")).content.decode()
    for file, shown in ((during, True), (edge, True), (before, False), (untimed, True), (other, False)):
        assert (f'data-file="{file.pk}"' in page) is shown, file.pk


def test_the_first_of_a_pair_is_not_shown_to_the_second(dawa_officer: User, city_officer: User) -> None:
    item = make_item(paired=True)
    workflow.take(item.pk, by=city_officer)
    workflow.reject(item.pk, by=city_officer, reason="lawful", note="盲评的备注")
    page = signed_in(dawa_officer).get(reverse("screening")).content.decode()
    assert act(item, "confirm") in page
    assert "盲评的备注" not in page
    assert "裁定" not in page
    assert "双人" not in page.split("data-screening", 1)[1]


def test_whose_name_was_looked_at_is_written_down(city_officer: User, dawa_officer: User, approver: User) -> None:
    truck = factories.make_vehicle()
    person = factories.make_practitioner("阙德海", truck.company)
    DriverBinding.objects.create(vehicle=truck, practitioner=person, since=timezone.now() - timedelta(days=2))
    item = make_item(truck)
    assert item.practitioner_id == person.pk
    assert "阙德海" in signed_in(dawa_officer).get(reverse("screening")).content.decode()
    assert AuditRecord.objects.get(action="screening.view").user == dawa_officer


def test_the_desk_costs_the_same_for_three_items_and_for_fifty(city_officer: User) -> None:
    client = signed_in(city_officer)
    counts = []
    for number in (3, 50):
        for _ in range(number - ReviewItem.objects.count()):
            make_item()
        client.get(reverse("screening"))  # takes one; from here on the same is held
        with CaptureQueriesContext(connection) as taken:
            client.get(reverse("screening"))
        counts.append(len(taken))
    assert counts[0] == counts[1] <= 40


def test_the_report_says_agreement_precision_and_reasons(city_officer: User, dawa_officer: User) -> None:
    enter_detectors()
    for answers in (("confirm", "confirm"), ("confirm", "reject")):
        item = make_item(paired=True)
        for user, verb in zip((city_officer, dawa_officer), answers, strict=True):
            workflow.take(item.pk, by=user)
            if verb == "confirm":
                workflow.confirm(item.pk, by=user)
            else:
                workflow.reject(item.pk, by=user, reason="limit")
    page = signed_in(city_officer).get(reverse("screening-report")).content.decode()
    assert "50.0%" in page  # one pair of two agrees
    assert "100.0%" in page  # one settled, confirmed
    assert "限值或围栏与实际不符 1" in page
    assert dawa_officer.unit.name in page


def test_a_detector_is_set_to_wait_for_the_desk(city_officer: User, dawa_officer: User) -> None:
    enter_detectors()
    address = reverse("screening-first", args=["road.overspeed"])
    assert signed_in(dawa_officer).post(address, {"wanted": "1"}).status_code == 403
    signed_in(city_officer).post(address, {"wanted": "1"})
    assert DetectorSetting.objects.get(pk="road.overspeed").needs_screening


def test_looking_live_finds_by_plate_asks_for_a_photo_and_marks(dawa_officer: User, tracks: None) -> None:
    enter_detectors()
    truck = factories.make_vehicle("辽L77777")
    factories.make_terminal(truck)
    client = signed_in(dawa_officer)
    assert "标记并立案" in client.get(reverse("screening-live"), {"q": "77777"}).content.decode()
    asked = client.post(reverse("screening-photo", args=[truck.pk]), {"channel": 2}, follow=True).content.decode()
    assert "远程排查拍照：通道 2，1 张" in asked
    client.post(reverse("screening-photo", args=[truck.pk]), {"channel": 0})
    assert Command.objects.get().summary == "远程排查拍照：通道 2，1 张"  # there is no camera 0
    mark = reverse("screening-mark", args=[truck.pk])
    refused = client.post(mark, {"kind": "road.overspeed", "at": "2026-11-25T10:00:00", "note": ""})
    assert (refused.status_code, "请填写看到的情况" in refused.content.decode()) == (422, True)
    at = timezone.localtime().strftime("%Y-%m-%dT%H:%M:%S")
    client.post(mark, {"kind": "road.overspeed", "at": at, "note": "实线变道"})
    case = Case.objects.get()
    assert (case.origin, case.county_id, case.kind) == ("screening", factories.DAWA, workflow.LIVE)


def test_a_vehicle_without_terminal_says_so(dawa_officer: User, tracks: None) -> None:
    truck = factories.make_vehicle()
    page = signed_in(dawa_officer).post(reverse("screening-photo", args=[truck.pk]), {"channel": 1}, follow=True)
    assert truck.plate in page.content.decode()
    assert "终端" in page.content.decode().split("data-toasts", 1)[1]


def test_the_evidence_of_the_finding_stands_on_the_desk(dawa_officer: User) -> None:
    make_item(peak_kmh=160)
    page = signed_in(dawa_officer).get(reverse("screening")).content.decode()
    for words in ("最高速度", "160 km/h", 'id="case-track"', "data-evidence-map"):
        assert words in page, words
