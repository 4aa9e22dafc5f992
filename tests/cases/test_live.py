"""The cases' websocket, through a real web process: who is told of what, and when the socket is closed."""

import json
from contextlib import contextmanager

import pytest
import redis
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from datacenter import broadcast
from datacenter.accounts.models import User
from datacenter.accounts.sockets import ALIVE_S, RECHECK_EVERY
from datacenter.cases import workflow
from tests import factories
from tests.cases.test_pages import open_case

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def listening(site, user: User | None):
    """An open socket of ``user``'s session."""
    headers = {}
    if user is not None:
        client = Client()
        client.force_login(user)
        headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    address = site.url.replace("http", "ws", 1) + "/ws/cases/"
    with connect(address, additional_headers=headers, origin=site.url) as socket:
        yield socket


def told(socket, seconds: float = 3) -> list[dict]:
    """Messages about cases until ``seconds`` pass without one."""
    messages = []
    while True:
        try:
            message = json.loads(socket.recv(timeout=seconds))
        except TimeoutError:
            return messages
        if message["type"] == "case":
            messages.append(message)
            seconds = 0.5


def test_city_county_and_company_hear_of_their_cases_only(
    live_server, city_officer, dawa_officer, panshan_officer, safety_officer, hazmat_company
):
    vehicle = factories.make_vehicle(company=hazmat_company)
    with (
        listening(live_server, city_officer) as city,
        listening(live_server, dawa_officer) as dawa,
        listening(live_server, panshan_officer) as panshan,
        listening(live_server, safety_officer) as safety,
    ):
        for socket in (city, dawa, panshan, safety):
            assert json.loads(socket.recv(timeout=5)) == {"type": "alive"}  # joined its group by now
        case = open_case(factories.DAWA, vehicle=vehicle)
        row = {"id": case.pk, "number": case.number, "county": factories.DAWA, "company": hazmat_company.pk,
               "state": "dispatched"}  # fmt: skip
        for socket in (city, dawa, safety):
            assert told(socket) == [{"type": "case", "verb": "dispatch", "case": row}]
        assert told(panshan, 0.5) == []
        workflow.accept_case(case, by=dawa_officer)
        assert [message["case"]["state"] for message in told(city)] == ["accepted"]


def test_who_is_not_signed_in_or_may_not_see_cases_is_turned_away(live_server, administrator):
    for user, code in ((None, 4401), (administrator, 4403)):
        with listening(live_server, user) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd.code == code


@pytest.mark.long
def test_a_disabled_account_loses_its_open_socket(live_server, dawa_officer):
    with listening(live_server, dawa_officer) as socket:
        socket.recv(timeout=5)
        User.objects.filter(pk=dawa_officer.pk).update(is_active=False)
        for _ in range(RECHECK_EVERY - 1):
            socket.recv(timeout=ALIVE_S * 2)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=ALIVE_S * 2)
        assert closed.value.rcvd.code == 4401


def test_a_dead_redis_does_not_stop_a_case(dawa_officer, monkeypatch):
    dead = redis.Redis(host="127.0.0.1", port=9, socket_timeout=0.2, socket_connect_timeout=0.2)
    wire = broadcast._Wire()
    wire._client = dead
    monkeypatch.setattr(broadcast, "_wire", wire)
    case = open_case()
    assert workflow.accept_case(case, by=dawa_officer).state == "accepted"
    assert wire._quiet_until > 0
