"""What is counted in the background is what is there: after any history, in any order of folds."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from datetime import timedelta
from typing import Any

import h3
import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.models import Case, Dispatch
from datacenter.cases.states import OPEN_STATES, State
from datacenter.cases.workflow import Subject
from datacenter.errors import DomainError
from datacenter.geo.hexagons import index_of
from datacenter.statistics import figures
from datacenter.statistics.asking import Asked, grain_for
from datacenter.statistics.folding import count_all, day_of, fold, waiting_since
from datacenter.statistics.models import CaseStatistic, ChangedDay, OfficerStatistic
from datacenter.statistics.tasks import fold_statistics
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
KINDS = ("road.overspeed", "camera.covered", "device.fault")


def open_one(days_ago: int, county: str | None, kind: str = KINDS[0], origin: str = "finding") -> Case:
    """A case opened some days ago, at a place of its own."""
    at = timezone.now() - timedelta(days=days_ago)
    case = workflow.open_case(
        origin=Case.Origin(origin), kind=kind, title="试", subject=Subject(industry="taxi"), occurred_at=at,
        latitude_e6=41_100_000 + days_ago * 3_000, longitude_e6=122_000_000, county_id=county,
    )  # fmt: skip
    if days_ago:
        Case.objects.filter(pk=case.pk).update(opened_at=at)
        case.refresh_from_db()
        ChangedDay.objects.create(day=day_of(at))
    return case


def rows_of(model: Any) -> list[dict[str, Any]]:
    """Every row without its id; packed values sorted, as their order means nothing."""
    packed = {"hours": "u1", "places": ">u4", "legs": "V7"}
    found = []
    for row in model.objects.values():
        row.pop("id")
        found.append(
            {
                k: sorted(np.frombuffer(v, packed[k]).tolist(), key=bytes if packed[k] == "V7" else None)
                if k in packed
                else v
                for k, v in row.items()
            }
        )
    return sorted(found, key=repr)


def everything() -> list[list[dict[str, Any]]]:
    return [rows_of(CaseStatistic), rows_of(OfficerStatistic)]


def by_hand(since: Any, until: Any) -> dict[str, Any]:
    """The figures of a period, counted in plain Python over all rows: another way than the fold's."""
    cases = [case for case in Case.objects.all() if since <= day_of(case.opened_at) <= until]
    legs = [
        leg for leg in Dispatch.objects.filter(case__in=cases, ended_at=None) if leg.accepted_at and leg.assignee_id
    ]
    return {
        "states": Counter(case.state for case in cases),
        "waiting": sum(case.state in OPEN_STATES for case in cases),
        "sent_back": sum(case.returned_times > 0 for case in cases),
        "counties": Counter(case.county_id or "" for case in cases),
        "kinds": Counter(case.kind for case in cases),
        "accepted": Counter(leg.assignee_id for leg in legs),
        "fed_back": Counter(leg.assignee_id for leg in legs if leg.fed_back_at),
    }


def as_figures(user: User, since: Any, until: Any) -> dict[str, Any]:
    """The same out of the counted rows."""
    asked = Asked(since, until, grain_for((until - since).days + 1))
    cases, work = figures.cases(user, asked), figures.work(user, asked)
    officers = {key[0]: sums for key, sums in work.officers.items()}
    return {
        "states": Counter({state.value: cases.whole[state] for state in State if cases.whole[state]}),
        "waiting": cases.whole["waiting"],
        "sent_back": cases.whole["sent_back"],
        "counties": Counter({name: sums["total"] for name, sums in cases.by["county_id"].items()}),
        "kinds": Counter({name: sums["total"] for name, sums in cases.by["kind"].items()}),
        "accepted": Counter({pk: sums["accepted"] for pk, sums in officers.items()}),
        "fed_back": Counter({pk: sums["fed_back"] for pk, sums in officers.items() if sums["fed_back"]}),
    }


STEPS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from([0, 1, 29, 45, 400]), st.sampled_from([*factories.DISTRICTS, None]),
              st.sampled_from(KINDS)),
    st.tuples(st.sampled_from(["accept", "handle", "feed_back", "return", "verify", "close", "file", "reopen",
                               "decline", "dispatch"]), st.integers(0, 5)),
    st.tuples(st.just("fold"), st.integers(1, 3)),
)  # fmt: skip


def act(verb: str, case: Case, city: User, county: User) -> None:
    """Does it where the loop allows it."""
    words: dict[str, Any] = {
        "accept": (workflow.accept_case, county, {}),
        "handle": (workflow.handle_case, county, {"note": "办"}),
        "feed_back": (workflow.feed_back_case, county, {"result": "果"}),
        "return": (workflow.return_case, city, {"reason": "退"}),
        "verify": (workflow.verify_case, city, {}),
        "close": (workflow.close_case, city, {}),
        "file": (workflow.file_case, city, {}),
        "reopen": (workflow.reopen_case, city, {"reason": "重"}),
        "decline": (workflow.decline_case, county, {"reason": "非"}),
        "dispatch": (workflow.dispatch_case, city, {"to": factories.make_counties()[factories.DAWA]}),
    }
    function, by, more = words[verb]
    with contextlib.suppress(DomainError):
        function(case, by=by, **more)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(STEPS, min_size=1, max_size=14))
def test_folding_is_counting_from_scratch_after_any_history(
    city_officer: User, dawa_officer: User, history: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        opened: list[Case] = []
        for step in history:
            if step[0] == "open":
                opened.append(open_one(*step[1:]))
            elif step[0] == "fold":
                fold(step[1])
            elif opened:
                act(step[0], opened[step[1] % len(opened)], city_officer, dawa_officer)
        while fold(2):
            pass
        assert waiting_since() is None
        folded = everything()
        count_all()
        while fold():
            pass
        assert everything() == folded
        for since, until in ((TODAY, TODAY), (TODAY - timedelta(days=29), TODAY), (TODAY - timedelta(days=500), TODAY),
                             (TODAY - timedelta(days=420), TODAY - timedelta(days=1))):  # fmt: skip
            assert as_figures(city_officer, since, until) == by_hand(since, until)
        transaction.set_rollback(True)


def test_folding_twice_is_folding_once(city_officer: User, dawa_officer: User) -> None:
    workflow.accept_case(open_one(0, factories.DAWA), by=dawa_officer)
    assert fold() == 1
    once = everything()
    ChangedDay.objects.create(day=TODAY)
    assert fold() == 1
    assert fold() == 0
    assert everything() == once


def test_a_step_writes_down_its_day_in_its_own_transaction(dawa_officer: User) -> None:
    case = open_one(0, factories.DAWA)
    fold()
    assert waiting_since() is None
    workflow.accept_case(case, by=dawa_officer)
    assert list(ChangedDay.objects.values_list("day", flat=True)) == [TODAY]
    assert waiting_since() is not None
    fold_statistics()
    assert waiting_since() is None


def test_what_is_gone_is_counted_no_more(city_officer: User) -> None:
    case = open_one(3, factories.DAWA)
    fold()
    assert CaseStatistic.objects.count() == 2  # the day and its month
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE case_event DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM case_event; DELETE FROM case_dispatch; DELETE FROM case_file")
        cursor.execute("ALTER TABLE case_event ENABLE TRIGGER USER")
    out = io.StringIO()
    call_command("count_cases", all=True, stdout=out)
    assert out.getvalue() == "1 days counted\n"
    assert not CaseStatistic.objects.exists()
    assert case.number


def test_times_are_medians_and_lateness_is_by_each_legs_deadline(city_officer: User, dawa_officer: User) -> None:
    for accept_h, feed_h, late in ((1, 2, False), (3, 10, True), (8, 4, False)):
        case = open_one(0, factories.DAWA)
        workflow.accept_case(case, by=dawa_officer)
        workflow.feed_back_case(case, by=dawa_officer, result="果")
        leg = Dispatch.objects.get(case=case)
        leg.accepted_at = leg.sent_at + timedelta(hours=accept_h)
        leg.fed_back_at = leg.accepted_at + timedelta(hours=feed_h)
        leg.due_at = leg.fed_back_at + timedelta(seconds=-1 if late else 0)
        leg.save()
    fold()
    work = figures.work(city_officer, Asked(TODAY, TODAY, "day"))
    assert (work.whole.accept_h, work.whole.feed_back_h) == (3.0, 4.0)
    assert (work.whole["on_time"], work.whole["late"], work.whole.on_time_rate) == (2, 1, 2 / 3)
    (((_pk, name, _unit), mine),) = work.officers.items()
    assert (name, mine["accepted"], mine["fed_back"]) == (str(dawa_officer), 3, 3)


def test_the_median_of_many_is_that_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    for minutes in ([5], [1, 2], [0, 0, 7, 9], [3, 3, 3], list(range(101)), [65535, 0], [9, 1, 4, 4, 2, 8]):
        many = np.array(minutes, "<u2")
        by_sorting = figures._median_h(many)
        with monkeypatch.context() as patched:
            patched.setattr(figures, "_MANY", 0)
            assert figures._median_h(many) == by_sorting == float(np.median(minutes)) / 60


def test_hours_and_places_are_those_of_what_happened(city_officer: User) -> None:
    at = timezone.localtime().replace(hour=23, minute=59, second=59)
    monday = at - timedelta(days=at.weekday() + 7)
    for days in (0, 0, 6):
        case = open_one(0, factories.DAWA)
        Case.objects.filter(pk=case.pk).update(occurred_at=monday + timedelta(days=days))
    fold()
    asked = Asked(TODAY, TODAY, "day")
    hours = figures.hours(city_officer, asked)
    assert (hours[0][23], hours[6][23], sum(map(sum, hours))) == (2, 1, 3)
    places = np.frombuffer(figures.places(city_officer, asked), ">u4")
    assert {index_of(int(place)) for place in places} == {h3.latlng_to_cell(41.1, 122.0, 8)}


def test_a_county_is_told_of_its_own_cases_only_and_a_company_of_none(
    city_officer: User, dawa_officer: User, panshan_officer: User, safety_officer: User
) -> None:
    open_one(0, factories.DAWA)
    open_one(0, None)
    fold()
    asked = Asked(TODAY - timedelta(days=40), TODAY, "day")
    seen = [figures.cases(user, asked).whole["total"]
            for user in (city_officer, dawa_officer, panshan_officer, safety_officer)]  # fmt: skip
    assert seen == [2, 1, 0, 0]
