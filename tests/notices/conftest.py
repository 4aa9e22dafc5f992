"""Officers with mail boxes, and where their notices go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from datacenter.accounts.models import User
from tests.notices.receivers import Hook, MailServer, mail_server, webhook

SECRET = "a secret of sixteen and more"


@pytest.fixture
def officer(dawa_officer: User) -> User:
    """An officer of Dawa with an address."""
    dawa_officer.email = "dawa@example.cn"
    dawa_officer.save()
    return dawa_officer


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    """Mail is set up."""
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.NOTICE_LINK_BASE = "https://traffic.example.cn"
        cache.clear()
        yield server


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    """The webhook is set up."""
    with webhook() as listening:
        settings.NOTICE_WEBHOOK_URL, settings.NOTICE_WEBHOOK_SECRET = listening.url, SECRET
        cache.clear()
        yield listening
