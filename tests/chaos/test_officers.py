"""Many officers act on the same cases at once over HTTP: no act is lost, none done twice, nobody meets a fault."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests import factories
from tests.chaos.officers import work
from tests.stack import Stack

pytestmark = pytest.mark.chaos

PASSWORD = "panjin-officers-2026"
_SET_UP = """
from django.utils import timezone
from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.cases import workflow
from datacenter.geo.models import County
from datacenter.registry.models import Vehicle
counties = sorted(County.objects.values_list("pk", flat=True))
bureau = Unit.objects.filter(kind="bureau").first()
stations = {{unit.county_id: unit for unit in Unit.objects.filter(kind="county_station")}}
team = Unit.objects.filter(kind="enforcement_team").first()
def someone(number):
    if number % 5 < 2:
        return Role.CITY_REGULATOR, bureau
    if number % 25 == 24:
        return Role.ENFORCEMENT_OFFICER, team
    return Role.COUNTY_OFFICER, stations[counties[number % len(counties)]]
for number in range({officers}):
    role, unit = someone(number)
    user = User(username=f"officer{{number}}", role=role, unit=unit)
    user.set_password("{password}")
    user.save()
vehicles = list(Vehicle.objects.select_related("company").order_by("pk")[:500])
for number in range({cases}):
    vehicle = vehicles[number % len(vehicles)]
    subject = workflow.Subject(vehicle.pk, vehicle.plate, vehicle.plate_colour, vehicle.kind, vehicle.company_id,
                               vehicle.company.name)
    county = None if number % 4 == 0 else vehicle.county_id
    kind = "vehicle.elsewhere" if number % 10 == 1 else "road.overspeed"
    workflow.open_case(origin="finding", kind=kind, title="超速行驶", subject=subject, occurred_at=timezone.now(),
                       county_id=county)
"""


@pytest.fixture
def office(stack: Stack) -> Iterator[Stack]:
    stack.forget_tracks()
    stack.restart("web")
    yield stack
    stack.kill("web")


def at_work(office: Stack, officers: int, cases: int, seconds: float) -> None:
    set_up = _SET_UP.format(officers=officers, cases=cases, password=PASSWORD)
    office.manage("shell", "-c", set_up, timeout_s=600)
    counties = [code for (code,) in office.query("SELECT code FROM county ORDER BY code")]
    assert set(counties) >= {factories.DAWA, factories.PANSHAN}
    names = [f"officer{number}" for number in range(officers)]
    base = f"http://127.0.0.1:{office.house.web_port}"
    seen = work(base, names, PASSWORD, counties, seconds)
    print(json.dumps({
        "officers": officers, "cases": cases, "seconds": seconds, "asked": len(seen.took_ms),
        "done": sum(seen.done.values()),
        "refused": sum(count for (_, status), count in seen.answers.items() if status in (409, 422)),
        "p50_ms": round(seen.p(0.5)), "p95_ms": round(seen.p(0.95)), "p99_ms": round(seen.p(0.99)),
    }))  # fmt: skip
    assert seen.faults == []
    assert sum(seen.done.values()) > officers
    # Each act that was answered with yes is one event by that officer, and there are no others.
    rows = office.query(
        "SELECT c.number, e.verb, u.username FROM case_event e JOIN case_file c ON c.id = e.case_id"
        " JOIN account u ON u.id = e.by_id"
    )
    # An escalated review opens the next supervision in the same act; nobody here escalates.
    assert Counter(tuple(row) for row in rows) == seen.done
    steps = office.query("SELECT case_id, from_state, to_state FROM case_event ORDER BY case_id, sequence")
    for (case, _, stands), (following, begins, _) in pairwise(steps):
        assert following != case or begins == stands
    twice = office.query(
        "SELECT case_id FROM case_dispatch WHERE ended_at IS NULL GROUP BY case_id, part HAVING count(*) > 1"
    )
    assert twice == []
    office.manage("verify_chain", timeout_s=600)


def test_a_dozen_officers_at_once_lose_no_act(office: Stack) -> None:
    at_work(office, 12, 150, 8)


@pytest.mark.long
def test_fifty_officers_on_five_thousand_cases_lose_no_act(office: Stack) -> None:
    seconds = float(os.environ.get("OFFICERS_SECONDS", "120"))
    at_work(office, 50, 5000, seconds)
