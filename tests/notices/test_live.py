"""The notices' websocket, through a real web process: one's own, once committed, and closed with the account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.accounts.scope import scope_of
from datacenter.notices import workflow
from datacenter.notices.consumers import NoticeChanges
from datacenter.notices.models import Notice
from tests import factories
from tests.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True)
MATTER: dict[str, Any] = {"topic": "case.urged", "title": "催办", "link": "/cases/", "key": "case:1:9"}


@contextmanager
def listening_at(site: Site, user: User | None, path: str) -> Iterator[Any]:
    headers = {}
    if user is not None:
        client = Client()
        client.force_login(user)
        headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    address = site.url.replace("http", "ws", 1) + path
    with connect(address, additional_headers=headers, origin=site.url) as socket:
        yield socket


def listening(site: Site, user: User | None) -> AbstractContextManager[Any]:
    return listening_at(site, user, "/ws/notices/")


def heard(socket: Any, seconds: float = 3) -> list[dict[str, Any]]:
    messages = []
    while True:
        try:
            message = json.loads(socket.recv(timeout=seconds))
        except TimeoutError:
            return messages
        if message["type"] != "alive":
            messages.append(message)
            seconds = 0.3


def test_an_officer_hears_of_ones_own_notices_once_they_are_committed(
    live_server: Site, dawa_officer: User, city_officer: User
) -> None:
    beside = factories.make_user("dawa2", Role.COUNTY_OFFICER, dawa_officer.unit)
    with listening(live_server, dawa_officer) as dawa, listening(live_server, beside) as desk_beside:
        for socket in (dawa, desk_beside):
            assert json.loads(socket.recv(timeout=5)) == {"type": "alive"}
        with transaction.atomic():
            workflow.tell(recipients=[dawa_officer, city_officer], urgent=True, **MATTER)
            assert heard(dawa, 0.3) == []
        notice = {"topic": "case.urged", "title": "催办", "link": "/cases/", "urgent": True}
        assert heard(dawa) == [{"type": "notice", "notice": notice}]
        assert heard(desk_beside, 0.3) == []
        workflow.read_notice(Notice.objects.get(recipient=dawa_officer).pk, by=dawa_officer)
        assert heard(dawa) == [{"type": "read"}]


def test_who_is_not_signed_in_or_belongs_nowhere_is_turned_away(live_server: Site, dawa_officer: User) -> None:
    nowhere = factories.make_user("nowhere", Role.COUNTY_OFFICER)
    for user, code in ((None, 4401), (nowhere, 4403)):
        with listening(live_server, user) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd.code == code


def test_a_socket_closes_when_its_user_moves_away_or_loses_the_right(
    live_server: Site, dawa_officer: User, panshan_officer: User
) -> None:
    for change in ({"unit": panshan_officer.unit}, {"role": ""}, {"is_active": False}):
        consumer = _Consumer(dawa_officer)
        assert async_to_sync(consumer.recheck)() is True
        User.objects.filter(pk=dawa_officer.pk).update(**change)
        assert async_to_sync(consumer.recheck)() is False
        assert consumer.closed == [4401 if "is_active" in change else 4403]
        dawa_officer.save()


class _Consumer(NoticeChanges):
    """A socket of ``user``'s session without a line: it writes down how it was closed."""

    def __init__(self, user: User) -> None:
        super().__init__()
        client = Client()
        client.force_login(user)
        self.scope = {"session": client.session}
        self.seen, self.closed = scope_of(user), []

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        self.closed.append(code)
