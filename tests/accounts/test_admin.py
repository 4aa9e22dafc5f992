"""/admin/: rights open it, changes of limits go through the verb, and nothing is deleted."""

import json

import pytest
from django.test import Client

from datacenter.accounts.models import AuditRecord, Unit, User
from datacenter.accounts.rights import Role
from datacenter.detection.models import DetectorSetting, DetectorSettingChange
from datacenter.geo.models import Area
from tests import factories

pytestmark = pytest.mark.django_db
SETTING = "/admin/datacenter/detectorsetting/road.overspeed/change/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def overspeed(db: None) -> DetectorSetting:
    from datacenter.detection.settings import enter_detectors

    enter_detectors()
    return DetectorSetting.objects.get(pk="road.overspeed")


def save(client: Client, limits: object) -> object:
    inline = {f"changes-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return client.post(SETTING, {"enabled": "on", "limits": json.dumps(limits), **inline})


def test_limits_are_changed_by_the_city_and_by_nobody_of_a_county(city_officer, dawa_officer, overspeed):
    limits = {**overspeed.limits, "lasting_s": 90}
    assert save(signed_in(dawa_officer), limits).status_code == 302  # to the login page of /admin/
    assert not DetectorSettingChange.objects.exists()
    assert save(signed_in(city_officer), limits).status_code == 302
    overspeed.refresh_from_db()
    change = DetectorSettingChange.objects.get()
    assert overspeed.limits["lasting_s"] == change.after["limits"]["lasting_s"] == 90
    assert change.by == city_officer == overspeed.changed_by
    assert AuditRecord.objects.filter(action="detector.change", subject="road.overspeed").exists()


@pytest.mark.parametrize("limits", [{"lasting_s": -1}, {"lasting_s": "long"}, {"no_such_limit": 1}, [1, 2]])
def test_limits_that_the_detector_refuses_are_refused_beside_the_field(city_officer, overspeed, limits):
    response = save(signed_in(city_officer), limits)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["limits"]
    assert not DetectorSettingChange.objects.exists()


def test_an_area_must_enclose_something(city_officer):
    client, square = signed_in(city_officer), [[122, 41], [122.1, 41], [122.1, 41.1], [122, 41]]
    data = {"name": "油库", "kind": "forbidden", "source": "公告", "active": "on"}
    bow = {"type": "Polygon", "coordinates": [[[122, 41], [122.1, 41.1], [122.1, 41], [122, 41.1], [122, 41]]]}
    for boundary, made in ((bow, 0), ({"type": "Point"}, 0), ({"type": "Polygon", "coordinates": [square]}, 1)):
        client.post("/admin/datacenter/area/add/", {**data, "boundary": json.dumps(boundary)})
        assert Area.objects.count() == made


def test_accounts_are_made_with_a_unit_that_fits_the_role(administrator, bureau):
    client = signed_in(administrator)
    station = factories.make_unit("大洼区分局", Unit.Kind.COUNTY_STATION, county_id=factories.DAWA)
    data = {
        "username": "new", "display_name": "新人", "role": Role.COUNTY_OFFICER, "usable_password": "true",
        "password1": factories.PASSWORD, "password2": factories.PASSWORD,
    }  # fmt: skip
    client.post("/admin/datacenter/user/add/", {**data, "unit": bureau.pk})
    assert not User.objects.filter(username="new").exists()
    client.post("/admin/datacenter/user/add/", {**data, "unit": station.pk})
    assert User.objects.get(username="new").check_password(factories.PASSWORD)
    assert AuditRecord.objects.filter(action="account.add", subject="new").exists()


def test_every_page_of_the_administrator_opens_and_none_deletes(administrator):
    client = signed_in(administrator)
    for name in ("user", "unit", "auditrecord", "detectorsetting", "area", "county"):
        assert client.get(f"/admin/datacenter/{name}/").status_code == 200
    assert client.get(f"/admin/datacenter/user/{administrator.pk}/delete/").status_code == 403
    client.post("/admin/datacenter/user/", {"action": "delete_selected", "_selected_action": administrator.pk})
    assert User.objects.filter(pk=administrator.pk).exists()
