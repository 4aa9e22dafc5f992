"""The registry's pages and API: who sees what, and how many queries it takes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from datacenter.accounts.models import AuditRecord
from tests.factories import DAWA, PANSHAN, make_company, make_practitioner, make_terminal, make_vehicle

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(counties):
    """A vehicle with everything about it in Dawa, and one in Panshan."""
    made = {}
    for code in (DAWA, PANSHAN):
        company = make_company(county=code)
        vehicle = make_vehicle(company=company, county_id=code)
        made[code] = {
            "company": company,
            "vehicle": vehicle,
            "terminal": make_terminal(vehicle),
            "practitioner": make_practitioner(name="钱进步", company=company, phone="13912345678"),
        }
    return made


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("kind", ["company", "vehicle", "practitioner"])
def test_another_county_s_row_is_not_found(client, dawa_officer, world, kind):
    client.force_login(dawa_officer)
    assert client.get(reverse(f"{kind}-detail", args=[world[DAWA][kind].pk])).status_code == 200
    assert client.get(reverse(f"{kind}-detail", args=[world[PANSHAN][kind].pk])).status_code == 404
    assert client.get(reverse(f"{kind}-detail", args=[2**40])).status_code == 404


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("company", "name"), ("vehicle", "plate"), ("practitioner", "company"), ("terminal", "phone")],
)
def test_lists_show_the_own_county_only(client, dawa_officer, world, kind, shown):
    client.force_login(dawa_officer)
    page = client.get(reverse(f"{kind}-list")).content.decode()
    own, other = (str(getattr(world[code][kind], shown)) for code in (DAWA, PANSHAN))
    if kind == "vehicle":
        own, other = own[2:], other[2:]
    assert own in page
    assert other not in page


def test_a_company_sees_itself_only(client, safety_officer, other_company):
    client.force_login(safety_officer)
    assert client.get(reverse("company-detail", args=[safety_officer.unit_id])).status_code == 200
    assert client.get(reverse("company-detail", args=[other_company.pk])).status_code == 404


def test_filters_name_no_other_county_s_company(client, dawa_officer, world):
    client.force_login(dawa_officer)
    page = client.get(reverse("vehicle-list"), {"company": world[PANSHAN]["company"].pk}).content.decode()
    assert world[PANSHAN]["company"].name not in page


@pytest.mark.parametrize("name", ["vehicle-list", "company-list", "practitioner-list", "terminal-list"])
def test_list_takes_the_same_queries_however_long(client, city_officer, world, name):
    client.force_login(city_officer)
    few = queries(client, reverse(name))
    for _ in range(5):
        company = make_company()
        make_terminal(make_vehicle(company=company))
        make_practitioner(company=company)
    assert queries(client, reverse(name)) == few
    assert few <= 14


def test_pages_by_cursor_show_every_vehicle_once_in_both_directions(client, city_officer):
    company = make_company()
    plates = [make_vehicle(f"辽L{n:05d}", company=company).plate for n in range(1, 121)]
    client.force_login(city_officer)
    seen, address = [], reverse("vehicle-list")
    pages = []
    while address:
        page = client.get(address).context["page"]
        pages.append([row.plate for row in page.rows])
        seen += pages[-1]
        address = page.next_query and reverse("vehicle-list") + page.next_query
        last = page
    assert seen == plates
    assert [len(rows) for rows in pages] == [50, 50, 20]
    back = client.get(reverse("vehicle-list") + last.previous_query).context["page"]
    assert [row.plate for row in back.rows] == pages[1]
    assert back.total == 120


def test_a_strange_cursor_or_filter_shows_the_first_page(client, city_officer, world):
    client.force_login(city_officer)
    for query in ("?after=x", "?after=99999999999999999999", "?before=-1", "?kind=ship&county=x&company=y"):
        assert len(client.get(reverse("vehicle-list") + query).context["page"].rows) == 2


def test_people_are_masked_until_unmasked_and_that_is_written_down(client, city_officer, world):
    person = world[DAWA]["practitioner"]
    client.force_login(city_officer)
    for address in (reverse("practitioner-list"), reverse("practitioner-detail", args=[person.pk])):
        page = client.get(address).content.decode()
        assert "钱**" in page
        assert person.identity_no not in page
        assert person.phone not in page
        assert person.name not in page
    answer = client.post(reverse("practitioner-unmask", args=[person.pk]))
    assert person.identity_no in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    written = AuditRecord.objects.get(action="practitioner.unmask")
    assert (written.user, written.subject) == (city_officer, f"从业人员 {person.pk}")


def test_unmasking_needs_its_right(client, dawa_officer, world):
    client.force_login(dawa_officer)
    person = world[DAWA]["practitioner"]
    assert client.post(reverse("practitioner-unmask", args=[person.pk])).status_code == 403
    assert not AuditRecord.objects.filter(action="practitioner.unmask").exists()


def test_part_of_a_number_finds_nobody(client, city_officer, world):
    person = world[DAWA]["practitioner"]
    client.force_login(city_officer)
    for text, found in ((person.identity_no, 1), (person.identity_no[:17], 0), ("13912345678", 2), ("1391234567", 0)):
        assert client.get(reverse("practitioner-list"), {"q": text}).context["page"].total == found


@pytest.mark.parametrize("name", ["company-list", "practitioner-list"])
def test_a_dispatcher_without_the_right_is_turned_away(client, hotline_operator, name):
    client.force_login(hotline_operator)
    assert client.get(reverse(name)).status_code == 403


@pytest.mark.parametrize(("path", "kind"), [("vehicles", "vehicle"), ("companies", "company")])
def test_api_serves_the_own_county_only(client, dawa_officer, world, path, kind):
    client.force_login(dawa_officer)
    own, other = world[DAWA][kind].pk, world[PANSHAN][kind].pk
    rows = client.get(f"/api/v1/{path}/").json()["results"]
    assert own in [row["id"] for row in rows]
    assert other not in [row["id"] for row in rows]
    assert client.get(f"/api/v1/{path}/{own}/").json()["id"] == own
    refused = client.get(f"/api/v1/{path}/{other}/")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_registered")


def test_api_asks_for_the_right(client, hotline_operator):
    client.force_login(hotline_operator)
    refused = client.get("/api/v1/companies/")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_a_vehicle_whose_company_belongs_to_another_county_is_listed_and_opens(client, dawa_officer, counties):
    company = make_company(county=PANSHAN)
    vehicle = make_vehicle("辽L77001", company=company, county_id=DAWA)
    client.force_login(dawa_officer)
    assert vehicle.plate in client.get(reverse("vehicle-list")).content.decode()
    assert client.get(reverse("vehicle-detail", args=[vehicle.pk])).status_code == 200
    assert client.get(reverse("company-detail", args=[company.pk])).status_code == 200
