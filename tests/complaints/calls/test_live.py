"""A ringing call pops up at the desk that it rings at, through a real web process; a day of calls comes out whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.utils import timezone

from complaints.calls.models import Call, CallEvent, DeskExtension
from complaints.orders.models import Order
from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from tests import factories
from tests.complaints.calls.conftest import CALLER, event, tell
from tests.conftest import ROOT, Site
from tests.notices.test_live import heard, listening_at

pytestmark = pytest.mark.django_db(transaction=True)


def calls_heard(socket: Any, seconds: float = 3) -> list[dict[str, Any]]:
    return [message["call"] for message in heard(socket, seconds)]


def test_a_call_pops_up_at_its_desk_and_goes_when_it_is_over(
    live_server: Site, desk: DeskExtension, hotline_operator: User, city_officer: User
) -> None:
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    with (
        listening_at(live_server, hotline_operator, "/ws/calls/") as mine,
        listening_at(live_server, other, "/ws/calls/") as beside,
    ):
        for socket in (mine, beside):
            assert json.loads(socket.recv(timeout=5)) == {"type": "alive"}
        call = tell(event("ringing"))
        (rings,) = calls_heard(mine)
        assert rings["mine"]
        assert (rings["id"], rings["state"], rings["number"]) == (call.pk, "ringing", CALLER)
        assert rings["url"] == f"/complaints/?call={call.pk}"
        assert calls_heard(beside, 0.5) == [{"mine": False, "id": call.pk}]
        tell(event("hung_up", after_s=9))
        assert [one["state"] for one in calls_heard(mine)] == ["missed"]
        unknown = tell(event("ringing", call="c2", extension=""))
        for socket in (mine, beside):
            assert [(one["id"], one["number"]) for one in calls_heard(socket) if one["id"] == unknown.pk] == [
                (unknown.pk, "139****5432")
            ]


def test_a_day_of_79_calls_doubled_and_reordered_gives_79_orders(live_server: Site, desk: DeskExtension) -> None:
    before = Order.objects.count()
    command = [
        sys.executable, "scripts/call_platform.py", "--url", live_server.url, "--calls", "79", "--missed", "6",
        "--doubled", "--shuffled", "--seed", "7", "--senders", "3",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert {name: told[name] for name in ("calls", "missed", "orders", "lost", "doubled")} == {
        "calls": 79, "missed": 6, "orders": 79, "lost": 0, "doubled": 0,
    }  # fmt: skip
    assert told["sent"] == 2 * told["events"]
    assert Order.objects.count() == before + 79
    assert Order.objects.values("number").distinct().count() == before + 79
    assert Call.objects.filter(order__isnull=False).values("order").distinct().count() == 79
    assert CallEvent.objects.count() == told["events"]
    assert not Order.objects.filter(caller_phone="").exists()
    assert Call.objects.filter(state=Call.State.ENDED).count() == 79
    assert Call.objects.filter(rang_at__lte=timezone.now()).count() == 85
