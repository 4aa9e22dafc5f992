"""The evidence of a case as PDF: who gets it, what it says, what becomes of broken, missing and changed files."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from datacenter.accounts.models import AuditRecord, User
from datacenter.accounts.rights import RIGHTS
from datacenter.cases import workflow
from datacenter.cases.models import Case
from datacenter.cases.selectors import events_of
from datacenter.detection.models import DetectorSetting, Finding
from datacenter.papers import evidence, exhibits
from datacenter.papers.errors import NothingToShow
from datacenter.registry.masking import mask_name
from tests import factories
from tests.cases.opening import open_case
from tests.cases.pictures import jpeg, png_claiming, upload
from tests.papers.conftest import add_finding, keep_photo, scene, winding_track

pytestmark = pytest.mark.django_db


def asked(user: User, case: Case) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(reverse("case-evidence", args=[case.number]))


@pytest.fixture
def paper_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the template is given, without setting it."""
    given: dict[str, Any] = {}

    def take(template: str, data: dict[str, Any], **rest: Any) -> bytes:
        given.update(data, prints=rest["pictures"])
        return b"%PDF-"

    monkeypatch.setattr(evidence, "render", take)

    def ask(case: Case, user: User) -> dict[str, Any]:
        evidence.evidence_pdf(case, user)
        return given

    return ask


def without(user: User, right: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a right from the user's role."""
    monkeypatch.setitem(RIGHTS, user.role, RIGHTS[user.role] - {right})


def files_of(paper: dict[str, Any]) -> list[dict[str, Any]]:
    return paper["exhibits"]["files"]


def test_the_officer_of_the_county_gets_a_pdf_and_it_is_written_down(case: Case, dawa_officer: User) -> None:
    answer = asked(dawa_officer, case)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{case.number}.pdf"'
    assert answer.content.startswith(b"%PDF-")
    record = AuditRecord.objects.get(action="case.evidence")
    assert record.subject == case.number
    assert record.detail["sha256"] == hashlib.sha256(answer.content).hexdigest()


def test_asked_twice_it_has_the_same_bytes_and_another_step_gives_others(case: Case, dawa_officer: User) -> None:
    first = asked(dawa_officer, case).content
    assert asked(dawa_officer, case).content == first
    workflow.feed_back_case(case, by=dawa_officer, result="已整改", outcome="substantiated")
    assert asked(dawa_officer, case).content != first


def test_another_county_finds_no_such_case(case: Case, panshan_officer: User) -> None:
    assert asked(panshan_officer, case).status_code == 404
    assert not AuditRecord.objects.filter(action="case.evidence").exists()


def test_a_case_without_a_finding_has_no_evidence_to_export(bare_case: Case, dawa_officer: User) -> None:
    with pytest.raises(NothingToShow):
        evidence.evidence_pdf(bare_case, dawa_officer)
    assert asked(dawa_officer, bare_case).status_code == 404


def test_the_case_page_offers_it_only_where_there_is_a_finding(case: Case, bare_case: Case, dawa_officer: User) -> None:
    client = Client()
    client.force_login(dawa_officer)
    pages = [client.get(reverse("case-detail", args=[one.number])).content.decode() for one in (case, bare_case)]
    assert "导出证据材料" in pages[0]
    assert reverse("case-evidence", args=[case.number]) in pages[0]
    assert "导出证据材料" not in pages[1]


def test_photos_of_the_vehicle_and_of_the_officer_stand_with_digest_and_custody(
    case: Case, dawa_officer: User, paper_of: Any
) -> None:
    paper = paper_of(case, dawa_officer)
    from_vehicle, from_officer = files_of(paper)
    assert from_vehicle["intact"]
    assert "由终端上传" in from_vehicle["custody"]
    assert from_officer["sha256"] == hashlib.sha256(jpeg()).hexdigest()
    assert f"第 {events_of(case)[-1].sequence} 条" in from_officer["custody"]
    assert set(paper["prints"]) == {"track.png", "exhibit1.jpg", "exhibit2.jpg"}


def test_a_photo_long_before_is_no_evidence_unless_the_finding_names_it(
    case: Case, dawa_officer: User, paper_of: Any
) -> None:
    early = keep_photo(case.vehicle, scene("#112233"), case.occurred_at - timedelta(hours=2))
    assert early.sha256 not in {one["sha256"] for one in files_of(paper_of(case, dawa_officer))}
    finding = case.findings.get()
    finding.evidence["told"] = [f"media:{early.pk}", "nonsense", "media:x"]
    finding.save()
    assert early.sha256 in {one["sha256"] for one in files_of(paper_of(case, dawa_officer))}


def test_a_changed_a_missing_and_a_broken_file_are_said_to_be_so(
    case: Case, dawa_officer: User, paper_of: Any, settings: Any
) -> None:
    moment = case.occurred_at + timedelta(seconds=40)
    broken = keep_photo(case.vehicle, scene("#aa0000")[:9000], moment)
    changed, missing = (keep_photo(case.vehicle, scene(colour), moment) for colour in ("#00aa00", "#0000aa"))
    huge = keep_photo(case.vehicle, png_claiming(60_000, 60_000), moment)
    (Path(settings.MEDIA_ROOT) / changed.path).write_bytes(scene("#ffffff"))
    (Path(settings.MEDIA_ROOT) / missing.path).unlink()
    paper = paper_of(case, dawa_officer)
    said = {one["sha256"]: one for one in files_of(paper)}
    assert "不符" in said[changed.sha256]["check"]
    assert not said[changed.sha256]["intact"]
    assert "没有该文件" in said[missing.sha256]["check"]
    assert not said[missing.sha256]["intact"]
    assert "不完整" in said[broken.sha256]["check"]
    assert said[broken.sha256]["intact"]
    assert not any(said[one.sha256]["picture"] for one in (changed, missing, broken, huge))
    assert asked(dawa_officer, case).status_code == 200


def test_more_files_than_a_paper_takes_are_counted(case: Case, dawa_officer: User, paper_of: Any) -> None:
    for n in range(exhibits.MOST + 3):
        keep_photo(case.vehicle, jpeg(comment=b"%d" % n), case.occurred_at)
    paper = paper_of(case, dawa_officer)
    assert len(files_of(paper)) == exhibits.MOST
    assert paper["exhibits"]["left_out"] > 0
    assert sum(bool(one["picture"]) for one in files_of(paper)) == exhibits.MOST_PRINTED


def test_a_reader_without_the_right_to_pictures_gets_none_and_is_told(
    case: Case, dawa_officer: User, paper_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(dawa_officer, "media.view", monkeypatch)
    paper = paper_of(case, dawa_officer)
    assert paper["exhibits"]["vehicle_files_hidden"]
    assert [one["name"] for one in files_of(paper)] == ["现场.jpg"]


def test_the_driver_is_masked_for_who_needs_no_names(
    case: Case, dawa_officer: User, paper_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.driver_name = "欧阳建国"
    assert dict(paper_of(case, dawa_officer)["facts"])["驾驶员"] == "欧阳建国"
    for right in ("personal_data.unmask", "case.names"):
        without(dawa_officer, right, monkeypatch)
    assert dict(paper_of(case, dawa_officer)["facts"])["驾驶员"] == mask_name("欧阳建国")


def test_the_clause_is_marked_by_whether_somebody_checked_it(case: Case, dawa_officer: User, paper_of: Any) -> None:
    for verified in (True, False):
        DetectorSetting.objects.update_or_create(
            code="road.overspeed", defaults={"title": "超速", "source": "x", "source_verified": verified}
        )
        assert paper_of(case, dawa_officer)["detection"]["verified"] is verified


def test_a_superseded_finding_is_said_to_stand_no_longer(case: Case, dawa_officer: User, paper_of: Any) -> None:
    case.findings.update(state=Finding.State.SUPERSEDED)
    assert paper_of(case, dawa_officer)["detection"]["superseded"]


def test_a_long_track_is_thinned_but_keeps_its_ends_and_its_fastest_point(
    case: Case, dawa_officer: User, paper_of: Any
) -> None:
    finding = case.findings.get()
    track = winding_track(720, case.occurred_at.timestamp() - 60)
    track[333][3] = 141.5
    finding.ended_at = case.occurred_at + timedelta(seconds=7000)
    finding.evidence = {"track": track, "every": 4}
    finding.save()
    shown = paper_of(case, dawa_officer)["track"]
    assert shown["points"] == 720
    assert shown["every"] == 4
    assert len(shown["rows"]) <= evidence.MOST_TRACK_ROWS
    assert shown["rows"][0]["longitude"] == f"{track[0][1]:.6f}"
    assert shown["rows"][-1]["longitude"] == f"{track[-1][1]:.6f}"
    assert "141.5" in {row["speed"] for row in shown["rows"]}


def test_a_track_just_as_long_as_the_table_is_shown_whole(case: Case, dawa_officer: User, paper_of: Any) -> None:
    finding = case.findings.get()
    finding.evidence = {"track": winding_track(evidence.MOST_TRACK_ROWS, case.occurred_at.timestamp())}
    finding.save()
    assert len(paper_of(case, dawa_officer)["track"]["rows"]) == evidence.MOST_TRACK_ROWS


def test_a_finding_of_an_alarm_alone_has_no_picture_of_a_track(dawa_officer: User, paper_of: Any) -> None:
    case = open_case()
    add_finding(case, evidence={}, measures={}, limits={})
    paper = paper_of(case, dawa_officer)
    assert paper["track"]["rows"] == []
    assert "track.png" not in paper["prints"]


def test_a_changed_event_is_named_on_the_paper(
    case: Case, dawa_officer: User, paper_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = events_of(case)
    events[1].note = "改过"
    monkeypatch.setattr(evidence, "events_of", lambda _: events)
    assert paper_of(case, dawa_officer)["broken"] == [events[1].sequence]


def test_the_digest_of_detection_changes_with_limit_measure_and_track(case: Case) -> None:
    finding = case.findings.get()
    seen = {evidence.digest_of(finding)}
    for name, value in (("limits", {"lasting_s": 61}), ("measures", {"lasting_s": 1}), ("evidence", {"track": []})):
        setattr(finding, name, value)
        seen.add(evidence.digest_of(finding))
    assert len(seen) == 4


def test_queries_do_not_grow_with_files_and_events(
    case: Case, dawa_officer: User, paper_of: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(9):
        keep_photo(case.vehicle, jpeg(comment=b"%d" % n), case.occurred_at)
        workflow.handle_case(case, by=dawa_officer, note=f"第 {n} 次", photos=[upload(jpeg())])
    with django_assert_max_num_queries(14):
        paper_of(case, dawa_officer)


def test_names_and_notes_of_any_length_can_be_set(dawa_officer: User) -> None:
    company = factories.make_company("盘锦市" + "兴隆台区辽河油田" * 7 + "有限责任公司")
    case = open_case(factories.make_vehicle("辽L12345", company))
    add_finding(case, 720)
    workflow.accept_case(case, by=dawa_officer)
    workflow.handle_case(case, by=dawa_officer, note='#panic("x") ' + "a" * 300 + "说明" * 600, photos=[])
    assert asked(dawa_officer, case).content.startswith(b"%PDF-")
