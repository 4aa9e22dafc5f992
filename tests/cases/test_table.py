"""The transition table, walked: every verb in every state by every role does what its row says, and else nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import RIGHTS, Role
from datacenter.cases import workflow
from datacenter.cases.errors import CaseNotFound, NotYourLeg, TransitionRefused
from datacenter.cases.models import Case, Dispatch
from datacenter.cases.states import ENDED_STATES, LEADS, LED, TRANSITIONS, State, Verb
from datacenter.cases.verb_forms import FORMS
from datacenter.cases.verification import Tally, faults
from tests import factories
from tests.cases.opening import open_case
from tests.cases.verbs import VERBS, prepared, standing, verbs_of


@pytest.fixture
def cast(bureau: Unit, dawa_officer: User, city_officer: User, enforcement_officer: User) -> dict[Role, User]:
    """One of each role; the county's officer is Dawa's, whose case it is."""
    there = {
        Role.COUNTY_OFFICER: dawa_officer,
        Role.CITY_REGULATOR: city_officer,
        Role.ENFORCEMENT_OFFICER: enforcement_officer,
    }
    company = factories.make_company("盘锦鸿运危险货物运输有限公司", factories.DAWA)
    for role in set(Role) - set(there):
        unit = company.unit if role in (Role.SAFETY_OFFICER, Role.BUS_DISPATCHER) else bureau
        there[role] = factories.make_user(f"is_{role}", role, unit)
    return there


class _Undone(Exception):
    """Takes back what a step of the walk did."""


def test_the_table_and_those_who_speak_for_it_know_the_same_verbs() -> None:
    said = set(Verb) - {Verb.COLLECT, Verb.NOTE}  # how a case begins, and what is written on it
    assert set(TRANSITIONS) == set(VERBS) == set(FORMS) == said


@pytest.mark.parametrize("verb", list(TRANSITIONS))
def test_a_verb_does_what_its_row_says_and_else_nothing(cast: dict[Role, User], verb: Verb) -> None:
    row, done = TRANSITIONS[verb], 0
    for state in State:
        case = standing(open_case(), state)
        for role, user in cast.items():
            try:
                with transaction.atomic():
                    done += _tried(case, verb, state, role, user)
                    raise _Undone
            except _Undone:
                pass
    holders = [role for role in cast if row.right in RIGHTS[role]]
    own = [role for role in holders if role == Role.COUNTY_OFFICER] if row.by_leg else holders
    assert done == len(row.sources) * len(own) > 0


@pytest.mark.parametrize("verb", list(TRANSITIONS))
def test_who_leads_the_cases_of_an_origin_says_what_leading_means_and_else_nothing(
    cast: dict[Role, User], verb: Verb
) -> None:
    for origin, right in LEADS.items():
        leaders = [role for role in cast if right in RIGHTS[role]]
        assert leaders
        for state in State:
            case = standing(open_case(origin=Case.Origin(origin)), state)
            for role in leaders:
                try:
                    with transaction.atomic():
                        assert _tried(case, verb, state, role, cast[role], leads=verb in LED) <= (verb in LED)
                        raise _Undone
                except _Undone:
                    pass


def _tried(case: Case, verb: Verb, state: State, role: Role, user: User, *, leads: bool = False) -> bool:
    """Say it; whether it was done. What is done, and what is refused, is looked at."""
    row = TRANSITIONS[verb]
    case.refresh_from_db()  # what was taken back from the last one's act
    prepared(case, verb, user)
    before, offered = verbs_of(case), workflow.available_verbs(case, user)
    expected = _expected(row, state, role, leads=leads)
    if expected is None:
        assert verb in offered, (state, role)
        case = VERBS[verb](case, user)
        assert case.state == (state if row.target is None else row.target), (state, role)
        assert verbs_of(case)[: len(before) + 1] == [*before, verb]
        event = case.events.get(sequence=len(before) + 1)
        assert (event.from_state, event.by) == (state, user)
        _stands_whole(case)
        return True
    assert verb not in offered, (state, role)
    with pytest.raises(expected):
        VERBS[verb](case, user)
    case.refresh_from_db()
    assert (case.state, verbs_of(case)) == (state, before)
    return False


def _expected(
    row: Any, state: State, role: Role, *, leads: bool
) -> type[Exception] | tuple[type[Exception], ...] | None:
    """The refusal that the table wants, None where it lets it be done."""
    if row.right not in RIGHTS[role] and not leads:
        return NotAllowed
    if not row.by_leg:
        return None if state in row.sources else TransitionRefused
    if role != Role.COUNTY_OFFICER:
        return (NotYourLeg, TransitionRefused, CaseNotFound)
    return None if state in row.sources else TransitionRefused


def _stands_whole(case: Case) -> None:
    """One leg leads where somebody has the case, and its deadline is the case's."""
    legs = list(case.legs.filter(ended_at=None))
    assert [leg.part for leg in legs] == ([] if case.state == State.COLLECTED else [Dispatch.Part.LEAD])
    for leg in legs:
        assert leg.county_id == case.county_id
        assert leg.due_at == case.due_at
        if case.state not in (State.VERIFIED, *ENDED_STATES):
            assert leg.state == case.state


def test_what_the_walk_did_is_provable(cast: dict[Role, User]) -> None:
    case = open_case()
    for verb, role in ((Verb.ACCEPT, Role.COUNTY_OFFICER), (Verb.HANDLE, Role.COUNTY_OFFICER),
                       (Verb.FEED_BACK, Role.COUNTY_OFFICER), (Verb.VERIFY, Role.CITY_REGULATOR),
                       (Verb.CLOSE, Role.CITY_REGULATOR), (Verb.REOPEN, Role.CITY_REGULATOR)):  # fmt: skip
        case = VERBS[verb](case, cast[role])
    tally = Tally()
    assert list(faults(tally)) == []
    assert (tally.cases, tally.events) == (1, 8)
