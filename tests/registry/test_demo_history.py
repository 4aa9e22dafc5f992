"""The demo city's past: whole chains, every state, legs that fit their cases, the same again from the same seed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse

from datacenter.accounts.models import Unit
from datacenter.accounts.rights import Role
from datacenter.accounts.scope import CITY, acting_as, entered
from datacenter.cases import clocks
from datacenter.cases.models import Case, CaseEvent, Clock, Dispatch, Extension, Supervision, WorkflowRule
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.states import LEG_STATES, TRANSITIONS, State, Verb
from datacenter.cases.workflow.recording import joined
from datacenter.demo.history import fill
from datacenter.demo.office import Office
from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.detection.models import Finding, Violation
from datacenter.registry.demo import units
from datacenter.registry.demo.after import AFTER_HISTORY
from datacenter.registry.demo.officers import add_officers
from datacenter.registry.models import Company, DriverBinding
from datacenter.screening.models import Review, ReviewItem
from datacenter.simulator.fleet import demo_companies, part_of_fleet
from datacenter.statistics.models import ChangedDay
from tests import factories

ON = date(2026, 3, 20)
END = datetime(2026, 3, 19, 16, tzinfo=UTC)  # midnight in Panjin
SHORT = {"days": 20, "size": 0.12}


@pytest.fixture
def city(counties):
    """Some of the demo's vehicles with drivers, its units, and an officer in each."""
    tree = units.add_units()
    for username, role, unit in (
        ("city", Role.CITY_REGULATOR, units.BUREAU),
        ("approver", Role.APPROVER, "法制审核科"),
        ("enforcer", Role.ENFORCEMENT_OFFICER, "交通综合执法一大队"),
        *((code, Role.COUNTY_OFFICER, name) for code, name in units.STATIONS.items()),
    ):
        factories.make_user(username, role, tree[unit])
    fleet = part_of_fleet(120)
    owners = {one.company_no: one for one in demo_companies() if any(v.company_no == one.company_no for v in fleet)}
    companies = {
        number: Company.objects.create(
            unit=factories.make_unit(one.name, Unit.Kind.COMPANY),
            name=one.name,
            kind=Company.Kind.FREIGHT,
            county_id=one.county_code,
            credit_code=one.uscc,
        )
        for number, one in owners.items()
    }
    for item in fleet:
        company = companies[item.company_no]
        vehicle = factories.make_vehicle(
            item.plate, company, plate_colour=item.plate_colour, kind=item.kind, county_id=item.county_code
        )
        driver = factories.make_practitioner(f"演示{item.index}", company)
        DriverBinding.objects.create(vehicle=vehicle, practitioner=driver, since=END - timedelta(days=400))
    add_officers()
    return tree


@pytest.fixture
def past(city):
    """Twenty days of it, an eighth of the usual size."""
    with entered(CITY):
        fill(ON, **SHORT)


def contents():
    """All that a past says, without the numbers that the database gives."""
    given = {"finding", "review", "supervision", "lead"}
    numbers = {"id", "number", "case_id", "finding_id", "item_id", "leg_id", "follows_id"}
    for model in (Case, Dispatch, Extension, Supervision, Finding, ReviewItem, Review, Violation):
        for row in model.objects.order_by("pk").values():
            yield model.__name__, {name: value for name, value in row.items() if name not in numbers}
    for event in CaseEvent.objects.order_by("case_id", "sequence").values("at", "verb", "by_id", "note", "facts"):
        event["facts"] = {name: value for name, value in event["facts"].items() if name not in given}
        yield "CaseEvent", event


@pytest.mark.django_db
def test_chains_hold_every_state_has_a_case_and_every_leg_fits_its_case(past, capsys):
    call_command("verify_chain")
    assert "everything holds" in capsys.readouterr().out
    assert set(Case.objects.values_list("state", flat=True)) == set(State.values)
    assert Case.objects.filter(due_at__lt=END, state__in=[State.ACCEPTED, State.HANDLED, State.DISPATCHED]).exists()
    for case in Case.objects.prefetch_related("legs", "events", "supervisions"):
        events = list(case.events.all())
        assert events[0].facts["generated"] is True
        assert case.opened_at == events[0].at
        moments = [event.at for event in events]
        assert moments == sorted(moments)
        assert moments[-1] <= END
        for before, event in pairwise(events):
            assert event.from_state == before.to_state
            row = TRANSITIONS.get(Verb(event.verb))
            assert row is None or row.by_leg or event.from_state in row.sources
        live = [leg for leg in case.legs.all() if leg.ended_at is None]
        lead = next((leg for leg in live if leg.part == Dispatch.Part.LEAD), None)
        if case.state == State.COLLECTED:
            assert lead is None
            continue
        assert (lead.county_id, lead.due_at, lead.amber_at) == (case.county_id, case.due_at, case.amber_at)
        assert all(leg.sent_at <= (leg.accepted_at or leg.sent_at) <= (leg.fed_back_at or END) for leg in live)
        if case.state in LEG_STATES:
            assert joined(live, State.COLLECTED) == case.state
            assert case.closed_at is None
        else:
            assert {leg.state for leg in live} == {State.FED_BACK}
            assert case.outcome
        unsettled = [one for one in case.supervisions.all() if one.state in ("open", "answered")]
        assert not (case.closed_at and unsettled)
        assert (case.closed_at is not None) == (case.state in (State.CLOSED, State.FILED))
    confirmed = Violation.objects.filter(revoked_at=None).select_related("finding__case")
    held = Case.objects.filter(
        outcome="substantiated", state__in=["verified", "closed", "filed"], vehicle__isnull=False
    )
    # One that was taken up again keeps its violation until it is verified anew.
    assert {one.finding.case_id for one in confirmed} >= set(held.values_list("pk", flat=True))
    assert all(one.finding.evidence["generated"] and one.confirmed_at <= END for one in confirmed)
    assert Review.objects.exists()
    assert not ReviewItem.objects.filter(settled_at__gt=END).exists()


@pytest.mark.django_db
def test_same_seed_gives_the_same_past_and_a_second_run_adds_nothing(city):
    heard = []
    AFTER_HISTORY.append(hear := lambda first, last: heard.append((first, last)))
    try:
        with entered(CITY):
            undone = transaction.savepoint()
            fill(ON, **SHORT)
            first = list(contents())
            transaction.savepoint_rollback(undone)
            ChangedDay.objects.all().delete()
            fill(ON, **SHORT)
            assert list(contents()) == first
            assert set(ChangedDay.objects.values_list("day", flat=True)) == {
                ON - timedelta(days=number) for number in range(1, 21)
            }  # statistics will count them
            assert not fill(ON, **SHORT)
            assert not fill(ON, seed=7, **SHORT)
            assert list(contents()) == first
    finally:
        AFTER_HISTORY.remove(hear)
    assert heard == [(date(2026, 2, 28), date(2026, 3, 19))] * 2
    numbers = list(Case.objects.order_by("opened_at").values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith("2026-") for number in numbers)


@pytest.mark.django_db
def test_counties_see_only_theirs_and_the_page_says_that_it_is_generated(past, client):
    officers = {code: Case.objects.none() for code in units.STATIONS}
    for code in officers:
        user = factories.User.objects.get(username=code)
        with acting_as(user):
            seen = set(cases_visible_to(user).values_list("county_id", flat=True))
            assert seen == {code}
    city = factories.User.objects.get(username="city")
    client.force_login(city)
    for case in (Case.objects.filter(vehicle__isnull=False).last(), Case.objects.filter(state="filed").first()):
        page = client.get(reverse("case-detail", args=[case.number])).content.decode()
        assert "演示生成" in page
    lead = ElsewhereLead.objects.first()
    assert "演示生成" in client.get(reverse("elsewhere-lead", args=[lead.pk])).content.decode()


@pytest.mark.django_db
def test_office_counts_as_the_real_clocks_do():
    start, end = datetime(2026, 1, 25, 16, tzinfo=UTC), datetime(2026, 3, 10, 16, tzinfo=UTC)
    office = Office(start, end)
    for hours in range(0, 900, 7):
        at = start + timedelta(hours=hours, minutes=hours % 60)
        for allowed in (8, 16, 24):
            for clock in (Clock.WORKING, Clock.CALENDAR):
                rule = WorkflowRule(handle_hours=allowed, clock=clock)
                assert office.deadline(at, rule) == clocks.deadline(at, rule)
        later = at + timedelta(hours=31)
        assert office.hours(at, later) * 3600 == pytest.approx(clocks.working_time(at, later, {}).total_seconds())
