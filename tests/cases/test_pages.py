"""The cases' pages: who sees what, what the list costs, and what comes back when a verb is refused."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image

from datacenter.accounts.models import AuditRecord, User
from datacenter.cases import workflow
from datacenter.cases.models import Case, CaseAttachment
from datacenter.cases.workflow import Subject
from datacenter.detection.models import DetectorSetting, Finding
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def open_case(county: str | None = factories.DAWA, vehicle=None, **facts) -> Case:
    vehicle = vehicle or factories.make_vehicle()
    subject = Subject(
        vehicle_id=vehicle.pk,
        plate=vehicle.plate,
        plate_colour=vehicle.plate_colour,
        industry=vehicle.kind,
        company_id=vehicle.company_id,
        company_name=vehicle.company.name,
        driver_name="欧阳建国",
    )
    facts = {"title": "超速行驶", "kind": "road.overspeed", "occurred_at": timezone.now(), **facts}
    return workflow.open_case(origin=Case.Origin.FINDING, subject=subject, county_id=county, **facts)


def picture(name: str = "现场.jpg", kind: str = "JPEG") -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (640, 480), "grey").save(content, kind)
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


class TestWalls:
    def test_own_county_is_seen_and_the_other_is_404(self, dawa_officer, panshan_officer, city_officer):
        case = open_case(factories.DAWA)
        for user, status in ((dawa_officer, 200), (city_officer, 200), (panshan_officer, 404)):
            client = signed_in(user)
            assert client.get(f"/cases/{case.number}/").status_code == status
            assert client.get(f"/api/v1/cases/{case.number}/").status_code == status
            assert client.post(f"/cases/{case.number}/accept/").status_code in ((404,) if status == 404 else (302, 403))

    def test_lists_and_exports_hold_only_the_own_county(self, dawa_officer, panshan_officer):
        mine, other = open_case(factories.DAWA), open_case(factories.PANSHAN)
        for user, seen, hidden in ((dawa_officer, mine, other), (panshan_officer, other, mine)):
            for address in ("/cases/", "/", "/cases/export/?format=csv", "/api/v1/cases/"):
                text = signed_in(user).get(address).content.decode()
                assert seen.number in text
                assert hidden.number not in text
                assert hidden.plate not in text

    def test_a_county_in_the_address_does_not_open_another_county(self, dawa_officer):
        other = open_case(factories.PANSHAN)
        page = signed_in(dawa_officer).get("/cases/", {"county": factories.PANSHAN}).content.decode()
        assert other.number not in page

    def test_company_sees_its_own_cases_only(self, safety_officer, other_safety_officer, hazmat_company):
        case = open_case(vehicle=factories.make_vehicle(company=hazmat_company))
        assert case.number in signed_in(safety_officer).get("/cases/").content.decode()
        assert case.number not in signed_in(other_safety_officer).get("/cases/").content.decode()
        assert signed_in(other_safety_officer).get(f"/cases/{case.number}/").status_code == 404

    def test_who_lacks_the_right_is_refused_and_it_is_written_down(self, administrator, city_officer):
        open_case()
        assert signed_in(city_officer).get("/cases/").status_code == 200
        assert signed_in(administrator).get("/cases/").status_code == 403
        refusal = AuditRecord.objects.get(action="refused")
        assert (refusal.user, refusal.subject, refusal.succeeded) == (administrator, "/cases/", False)

    def test_attachment_belongs_to_who_may_see_its_case(self, dawa_officer, panshan_officer):
        case = workflow.accept_case(open_case(), by=dawa_officer)
        workflow.handle_case(case, by=dawa_officer, note="已核实", photos=[picture()])
        pk = CaseAttachment.objects.get().pk
        address = f"/cases/{case.number}/attachments/{pk}/"
        whole, thumb = signed_in(dawa_officer).get(address), signed_in(dawa_officer).get(address + "?size=thumb")
        assert whole["Content-Type"] == thumb["Content-Type"] == "image/jpeg"
        assert whole["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in whole["Content-Security-Policy"]
        assert signed_in(panshan_officer).get(address).status_code == 404
        assert signed_in(dawa_officer).get(f"/cases/{open_case().number}/attachments/{pk}/").status_code == 404


class TestList:
    def test_costs_the_same_with_2_cases_and_with_200(
        self, city_officer, dawa_officer, django_assert_max_num_queries, django_assert_num_queries
    ):
        counted = {}
        vehicle = factories.make_vehicle()
        open_case(vehicle=vehicle)
        open_case(vehicle=vehicle)
        for user in (city_officer, dawa_officer):
            client = signed_in(user)
            for address in ("/cases/", "/", "/api/v1/cases/"):
                client.get(address)
                with django_assert_max_num_queries(16) as few:
                    client.get(address)
                counted[user.username, address] = len(few)
        for _ in range(198):
            open_case(vehicle=vehicle)
        for user in (city_officer, dawa_officer):
            client = signed_in(user)
            for address in ("/cases/", "/", "/api/v1/cases/"):
                client.get(address)
                with django_assert_num_queries(counted[user.username, address]):
                    client.get(address)

    def test_pages_by_cursor_show_each_case_once(self, city_officer):
        vehicle = factories.make_vehicle()
        numbers = [open_case(vehicle=vehicle).number for _ in range(120)]
        moment = timezone.now()
        Case.objects.update(opened_at=moment)  # all at once: the id decides
        client, address, seen = signed_in(city_officer), "/cases/", []
        while address:
            page = client.get(address).context["page"]
            seen += [case.number for case in page.rows]
            address = "/cases/" + page.older_query if page.older else ""
        assert sorted(seen) == sorted(numbers)
        assert len(page.rows) == 20
        back = client.get("/cases/" + page.newer_query).context["page"]
        assert [case.number for case in back.rows] == seen[50:100]

    def test_filters_stand_in_the_address(self, city_officer):
        late, calm = open_case(factories.DAWA), open_case(factories.PANSHAN)
        lost = open_case(None, title="车辆行驶中失联", kind="device.silence")
        Case.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=1))
        client = signed_in(city_officer)

        def found(**filters: str) -> set[str]:
            return {case.number for case in client.get("/cases/", filters).context["page"].rows}

        assert found() == {late.number, calm.number, lost.number}
        assert found(due="overdue") == {late.number}
        assert found(county=factories.PANSHAN) == {calm.number}
        assert found(county="none") == {lost.number} == found(state="collected") == found(state="mine")
        assert found(kind="device.silence") == {lost.number}
        assert found(q=calm.number) == {calm.number}
        assert found(q=calm.plate) == found(q=calm.plate[-4:]) == {calm.number}
        assert found(since=str(timezone.localdate() + timedelta(days=1))) == set()
        assert found(since=str(timezone.localdate()), until=str(timezone.localdate())) == found()

    def test_days_in_the_wrong_order_are_said_beside_the_field(self, city_officer):
        page = signed_in(city_officer).get("/cases/", {"since": "2026-11-22", "until": "2026-11-20"})
        assert "截止日期早于起始日期" in page.content.decode()

    def test_empty_list_says_what_would_fill_it(self, dawa_officer):
        assert "系统检测到疑似违规后会自动立案" in signed_in(dawa_officer).get("/cases/").content.decode()

    def test_htmx_gets_the_results_alone(self, dawa_officer):
        case = open_case()
        part = signed_in(dawa_officer).get("/cases/", headers={"HX-Request": "true", "HX-Target": "case-results"})
        assert case.number in part.content.decode()
        assert "<html" not in part.content.decode()

    def test_figures_of_the_first_page_are_links_to_as_many_rows(self, dawa_officer):
        for _ in range(3):
            open_case()
        client = signed_in(dawa_officer)
        asks = client.get("/").context["asks"]
        assert {ask.title: ask.count for ask in asks}["待签收"] == 3
        for ask in asks:
            assert len(client.get(ask.href).context["page"].rows) == ask.count

    def test_export_is_what_is_shown_and_harmless(self, dawa_officer):
        open_case(title="=HYPERLINK(1)")
        open_case(title="超速行驶", kind="other")
        client = signed_in(dawa_officer)
        text = client.get("/cases/export/", {"format": "csv", "kind": "road.overspeed"}).content.decode("utf-8-sig")
        assert "超速行驶" not in text
        assert "'=HYPERLINK(1)" in text
        sheet = load_workbook(io.BytesIO(client.get("/cases/export/?format=xlsx").content)).active
        assert sheet.max_row == 3
        sizes = AuditRecord.objects.filter(action="case.export").order_by("pk").values_list("detail__rows", flat=True)
        assert list(sizes) == [1, 2]

    def test_names_are_hidden_where_the_role_needs_none(self, enforcement_officer, dawa_officer):
        case = open_case()
        assert "欧阳建国" in signed_in(dawa_officer).get(f"/cases/{case.number}/").content.decode()
        client = signed_in(enforcement_officer)
        for address in (f"/cases/{case.number}/", "/cases/export/", f"/api/v1/cases/{case.number}/"):
            text = client.get(address).content.decode()
            assert "欧阳建国" not in text
            assert "欧***" in text

    def test_looking_at_a_name_is_written_down(self, dawa_officer):
        case = open_case()
        signed_in(dawa_officer).get(f"/cases/{case.number}/")
        assert AuditRecord.objects.get(action="case.view").subject == case.number


class TestVerbs:
    def test_the_whole_loop_by_plain_forms(self, dawa_officer, city_officer):
        number = open_case(None).number
        city, dawa = signed_in(city_officer), signed_in(dawa_officer)
        steps = [
            (city, "dispatch", {"to": factories.DAWA, "note": "请办理"}, "dispatched"),
            (dawa, "accept", {}, "accepted"),
            (dawa, "handle", {"note": "已约谈", "photos": [picture("a.jpg"), picture("b.png", "PNG")]}, "handled"),
            (dawa, "feed_back", {"result": "属实，已处理", "outcome": "substantiated"}, "fed_back"),
            (city, "return", {"reason": "缺少笔录"}, "returned"),
            (dawa, "handle", {"note": "已补充"}, "handled"),
            (dawa, "feed_back", {"result": "已补充笔录", "outcome": "substantiated"}, "fed_back"),
            (city, "verify", {"note": ""}, "verified"),
            (city, "close", {"note": "办结"}, "closed"),
            (city, "file", {}, "filed"),
            (city, "reopen", {"reason": "当事人申诉"}, "dispatched"),
            (dawa, "decline", {"reason": "已迁出本区"}, "collected"),
        ]
        for client, verb, data, state in steps:
            response = client.post(f"/cases/{number}/{verb}/", data)
            assert response.status_code == 302, (verb, response.content.decode()[:2000])
            assert Case.objects.get(number=number).state == state
        page = city.get(f"/cases/{number}/").content.decode()
        assert page.count("?size=thumb") == 2
        assert "已迁出本区" in page

    @pytest.mark.parametrize(
        ("verb", "data", "error"),
        [
            ("handle", {"note": ""}, "请填写办理情况"),
            ("feed_back", {"result": "", "outcome": "substantiated"}, "请填写办理结果"),
            ("feed_back", {"result": "已处理"}, "请选择查证结论"),
        ],
    )
    def test_what_is_missing_is_said_beside_its_field(self, dawa_officer, verb, data, error):
        case = workflow.accept_case(open_case(), by=dawa_officer)
        response = signed_in(dawa_officer).post(f"/cases/{case.number}/{verb}/", data)
        assert response.status_code == 422
        assert error in response.content.decode()

    def test_a_bad_photo_keeps_the_words_that_were_typed(self, dawa_officer):
        case = workflow.accept_case(open_case(), by=dawa_officer)
        page = SimpleUploadedFile("照片.jpg", b"<html><script>alert(1)</script>", "image/jpeg")
        typed = "很长的办理情况"
        for headers in ({}, {"HX-Request": "true"}):
            response = signed_in(dawa_officer).post(
                f"/cases/{case.number}/handle/", {"note": typed, "photos": [page]}, headers=headers
            )
            assert response.status_code == 422
            assert "照片.jpg 不是可识别的照片" in response.content.decode()
            assert typed in response.content.decode()
            page.seek(0)
        assert not CaseAttachment.objects.exists()

    def test_who_comes_second_reads_why_and_keeps_what_was_typed(self, dawa_officer, city_officer):
        case = workflow.accept_case(open_case(), by=dawa_officer)
        workflow.feed_back_case(case, by=dawa_officer, result="属实")
        workflow.verify_case(case, by=city_officer)
        response = signed_in(city_officer).post(
            f"/cases/{case.number}/return/", {"reason": "材料不全"}, headers={"HX-Request": "true"}
        )
        text = response.content.decode()
        assert response.status_code == 409
        assert "不能退回" in text
        assert "材料不全" in text

    def test_only_open_verbs_are_offered(self, dawa_officer, city_officer):
        case = open_case()
        county, city = (signed_in(user).get(f"/cases/{case.number}/") for user in (dawa_officer, city_officer))
        assert [str(form.verb) for form in county.context["verb_forms"]] == ["accept", "decline"]
        offered = [str(form.verb) for form in city.context["verb_forms"]]
        assert offered == ["urge", "supervise", "grade", "pause", "redispatch"]

    def test_a_right_that_is_missing_is_refused_by_page_and_api(self, dawa_officer, city_officer):
        case = open_case()
        assert signed_in(city_officer).post(f"/cases/{case.number}/accept/").status_code == 403
        refused = signed_in(city_officer).post(f"/api/v1/cases/{case.number}/accept/")
        assert refused.status_code == 403
        assert refused.json()["code"] == "not_allowed"
        assert signed_in(dawa_officer).post(f"/api/v1/cases/{case.number}/accept/").json()["state"] == "accepted"

    def test_api_refusals_have_one_shape(self, dawa_officer):
        case = workflow.accept_case(open_case(), by=dawa_officer)
        client = signed_in(dawa_officer)
        missing = client.post(f"/api/v1/cases/{case.number}/feed_back/", {}, content_type="application/json")
        assert missing.status_code == 400
        assert set(missing.json()) == {"code", "message", "fields"}
        assert set(missing.json()["fields"]) == {"result", "outcome"}
        again = client.post(f"/api/v1/cases/{case.number}/accept/")
        assert (again.status_code, again.json()["code"]) == (409, "transition_refused")
        assert client.get("/api/v1/cases/2020-000001/").json()["code"] == "case_not_found"


class TestEvidence:
    def test_the_page_lays_limit_measure_and_clause_side_by_side(self, dawa_officer):
        case = open_case()
        vehicle = case.vehicle
        DetectorSetting.objects.filter(pk="road.overspeed").update(source_verified=False)
        now = timezone.now()
        Finding.objects.create(
            detector="road.overspeed",
            title="超速行驶",
            vehicle=vehicle,
            county_id=case.county_id,
            started_at=now - timedelta(minutes=5),
            ended_at=now,
            measures={"peak_speed_dkmh": 984, "limit_kmh": 80, "lasting_s": 300},
            limits={"lasting_s": 60, "limit_kmh": {"hazmat": 80, "taxi": 120}},
            source="实施条例第七十八条",
            evidence={"track": [[now.timestamp() - 300, 122.06, 40.99, 98.4], [now.timestamp(), 122.07, 41.0, 90.0]]},
            case=case,
        )
        page = signed_in(dawa_officer).get(f"/cases/{case.number}/").content.decode()
        said = ("最高速度", "98.4 km/h", "5 分", "限速（危险货物运输车）", "80 km/h", "实施条例第七十八条", "未核实")
        assert [text for text in said if text not in page] == []
        assert "data-evidence-map" in page
