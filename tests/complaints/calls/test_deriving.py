"""Whatever order events come in, however often: one set of them makes one call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.calls.deriving import Told, derive
from complaints.calls.models import Call, CallEvent, DeskExtension
from complaints.orders.models import Order
from datacenter.accounts.rights import Role
from tests import factories
from tests.complaints.calls.conftest import event, tell

START = timezone.now() - timedelta(hours=2)
_UNLIKE = ("id", "order", "receipt", "number")


def told(kind: str, after_s: int = 0, number: str = "", **body: Any) -> Told:
    return Told(number or f"{kind}{after_s}", kind, START + timedelta(seconds=after_s), body)


events = st.builds(
    lambda kind, after, number, body: told(
        kind, after, f"e{number}", **(body | ({"recording_url": f"http://r/{number}"} if kind == "recording" else {}))
    ),
    st.sampled_from(CallEvent.Kind.values),
    st.integers(0, 5),
    st.integers(0, 9),
    st.fixed_dictionaries(
        {}, optional={"caller": st.sampled_from(["", "1", "2"]), "extension": st.sampled_from(["", "8001", "8002"])}
    ),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(events, min_size=1, max_size=8, unique_by=lambda one: one.event_id), st.data())
def test_any_order_with_repeats_derives_the_same(one_set: list[Told], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(one_set), max_size=8))
    assert derive(data.draw(st.permutations(one_set + again))) == derive(one_set)


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["ringing"], "ringing"),
        (["ringing", "answered"], "answered"),
        (["ringing", "hung_up"], "missed"),
        (["hung_up"], "missed"),
        (["ringing", "answered", "hung_up"], "ended"),
        (["recording"], "answered"),
        (["recording", "hung_up"], "ended"),
        (["answered", "recording"], "answered"),
    ],
)
def test_the_state_follows_from_which_events_there_are(kinds: list[str], state: str) -> None:
    assert derive([told(kind, 1, recording_url="http://r/1") for kind in kinds]).state == state


def test_who_answers_last_has_the_call() -> None:
    found = derive(
        [
            told("ringing", 0, extension="8001"),
            told("answered", 3, extension="8001", agent_name="甲"),
            told("answered", 9, extension="8002", agent_name="乙"),
            told("hung_up", 60),
        ]
    )
    assert (found.extension, found.agent_name) == ("8002", "乙")
    assert found.answered_at == START + timedelta(seconds=3)


def a_day(start: datetime) -> list[dict[str, Any]]:
    """One call that is passed from one desk to another, with its recording."""
    return [
        event("ringing", start=start),
        event("answered", after_s=4, start=start),
        event("answered", after_s=30, start=start, event_id="c1-passed", extension="8002"),
        event("hung_up", after_s=90, start=start),
        event("recording", after_s=95, start=start, recording_url="http://records.test/1.wav", recording_s=86),
    ]


def rows() -> tuple[dict[str, Any], dict[str, Any]]:
    call, order = Call.objects.get(), Order.objects.get()
    assert call.order_id == order.pk
    kept = [{name: value for name, value in model_to_dict(row).items() if name not in _UNLIKE} for row in (call, order)]
    due = kept[0].pop("recording_due_at")
    assert due is not None
    return kept[0], kept[1]


@pytest.fixture
def two_desks(bureau: Any) -> None:
    for number, name in (("8001", "one"), ("8002", "two")):
        DeskExtension.objects.create(number=number, operator=factories.make_user(name, Role.HOTLINE_OPERATOR, bureau))


def rows_of(sent: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the events come to, in a transaction that is undone."""
    with transaction.atomic():
        for one in sent:
            tell(one)
        assert CallEvent.objects.count() == len(a_day(START))
        found = rows()
        transaction.set_rollback(True)
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_order_with_repeats_gives_the_same_rows(two_desks: None, data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(a_day(START)), max_size=6))
    assert rows_of(data.draw(st.permutations(a_day(START) + again))) == rows_of(a_day(START))
