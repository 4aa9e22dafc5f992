"""However officers and clocks act on cases, none is lost: each can be led on by somebody, and its record is whole."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from datacenter.accounts.models import User
from datacenter.cases import watch, workflow
from datacenter.cases.models import Case, Dispatch, Supervision
from datacenter.cases.selectors import get_case_for
from datacenter.cases.states import TRANSITIONS, State, Verb
from datacenter.cases.verification import Tally, faults
from datacenter.errors import DomainError
from tests import factories
from tests.cases.opening import open_case
from tests.cases.verbs import VERBS, ahead, county

_LAST = (State.FILED,)  # what is filed waits for nobody
_MORE: dict[Verb, list[Any]] = {
    Verb.DISPATCH: [lambda case, by: workflow.dispatch_case(case, to=county(factories.DAWA), by=by)],
    Verb.REDISPATCH: [
        lambda case, by: workflow.redispatch_case(case, to=county(factories.DAWA), by=by, due_at=ahead(1))
    ],
    Verb.FEED_BACK: [lambda case, by: workflow.feed_back_case(case, by=by, result="查无此事", outcome="unfounded")],
    Verb.VERIFY: [lambda case, by: workflow.verify_case(case, by=by, note="以现场为准", outcome="substantiated")],
    Verb.RETURN: [lambda case, by: workflow.return_case(case, by=by, reason="补充", parts=["joint"], due_at=ahead(2))],
    Verb.REVIEW_SUPERVISION: [
        lambda case, by: workflow.review_supervision(case, by=by, decision="send_back", note="说明不清"),
        lambda case, by: workflow.review_supervision(case, by=by, decision="escalate", note="仍未办结"),
    ],
    Verb.GRADE: [lambda case, by: workflow.grade_case(case, by=by, level="general")],
}


class Loop(RuleBasedStateMachine):
    """Three cases, one sent two ways, one the hotline's, among six officers; hours pass, the clock acts by itself."""

    officers: list[User]

    @initialize()
    def open_three(self) -> None:
        self.passed = timedelta(0)
        complaint = open_case(kind="hotline.complaint", origin=Case.Origin.COMPLAINT)
        self.cases = [open_case(), open_case(kind="vehicle.elsewhere"), complaint]

    @rule(
        which=st.integers(0, 2), who=st.integers(0, 5), verb=st.sampled_from(list(TRANSITIONS)), seed=st.integers(0, 9)
    )
    def act(self, which: int, who: int, verb: Verb, seed: int) -> None:
        """Somebody tries something; a refusal changes nothing."""
        act = random.Random(seed).choice([VERBS[verb], *_MORE.get(verb, [])])
        self._said(act, which, self.officers[who])

    @rule(which=st.integers(0, 2), seed=st.integers(0, 99))
    def lead_on(self, which: int, seed: int) -> None:
        """Somebody who may does what the case waits for."""
        case = Case.objects.get(pk=self.cases[which].pk)
        offered = [(verb, by) for by in self.officers for verb in workflow.available_verbs(case, by)
                   if TRANSITIONS[verb].onward or verb == Verb.FILE]  # fmt: skip
        if offered:
            verb, by = random.Random(seed).choice(offered)
            self._said(VERBS[verb], which, by)

    @rule(hours=st.sampled_from([1, 30, 200]))
    def pass_time(self, hours: int) -> None:
        """The clock is looked at later than it is; what it does is done now."""
        watch.look_at_clocks(timezone.now() + timedelta(hours=hours))

    def _said(self, act: Any, which: int, by: User) -> None:
        case = Case.objects.get(pk=self.cases[which].pk)
        before = list(case.events.values_list("sequence", flat=True))
        try:
            with transaction.atomic():
                act(case, by)
        except DomainError:
            assert list(case.events.values_list("sequence", flat=True)) == before
            assert Case.objects.get(pk=case.pk).state == case.state

    @invariant()
    def nobody_is_forgotten(self) -> None:
        for case in (Case.objects.get(pk=one.pk) for one in getattr(self, "cases", [])):
            onward = [verb for by in self.officers for verb in workflow.available_verbs(case, by)
                      if TRANSITIONS[verb].onward or verb in (Verb.FILE, Verb.REOPEN)]  # fmt: skip
            assert onward, f"{case.number} stands at {case.state} and nobody can lead it on"
            assert any(self._sees(by, case) for by in self.officers)

    def _sees(self, by: User, case: Case) -> bool:
        return get_case_for(by, case.number) == case

    @invariant()
    def the_record_is_whole(self) -> None:
        assert list(faults(Tally(), files=False)) == []

    @invariant()
    def legs_and_case_agree(self) -> None:
        for case in (Case.objects.get(pk=one.pk) for one in getattr(self, "cases", [])):
            legs = list(case.legs.filter(ended_at=None))
            leads = [leg for leg in legs if leg.part == Dispatch.Part.LEAD]
            assert len(leads) == (0 if case.state == State.COLLECTED else 1)
            if leads:
                assert (leads[0].county_id, leads[0].due_at) == (case.county_id, case.due_at)
            if case.state == State.FED_BACK:
                assert {leg.state for leg in legs} == {State.FED_BACK}
                assert case.contradicted == (len({leg.outcome for leg in legs}) > 1)
            open_ones = case.supervisions.filter(state__in=[Supervision.State.OPEN, Supervision.State.ANSWERED])
            assert open_ones.count() <= 1
            if case.state in (State.VERIFIED, State.CLOSED, State.FILED):
                assert case.outcome


@pytest.mark.django_db
def test_no_way_of_acting_loses_a_case(
    city_officer: User,
    dawa_officer: User,
    panshan_officer: User,
    enforcement_officer: User,
    approver: User,
    hotline_operator: User,
) -> None:
    Loop.officers = [city_officer, dawa_officer, panshan_officer, enforcement_officer, approver, hotline_operator]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Loop,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
