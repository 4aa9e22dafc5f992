"""The edges of notices (发送): a mail by SMTP, a POST to the webhook. What went wrong is one of three words.

``Refused``: the receiver said no, it is tried again. ``Unreachable``: nobody was there, nothing was sent.
``Uncertain``: the line broke after something had been sent; whether it arrived is not known.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import smtplib
import ssl
import time
from datetime import UTC
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from datacenter.notices.models import Delivery, Notice

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_MOST_ANSWER_BYTES = 4096


class Refused(Exception):
    """The receiver answered and did not take it; ``final`` where trying again is of no use."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Unreachable(Exception):
    """No connection: nothing was sent."""


class Uncertain(Exception):
    """The connection broke under way: it may have arrived or not."""


def send_email(delivery: Delivery) -> None:
    """The notice as a plain mail; its message id is the delivery's key. Raises ``Refused`` and the like."""
    notice = delivery.notice
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message = EmailMessage(
        subject=f"[{_('交通运输监管平台')}] {notice.title}",
        body=_text_of(notice),
        to=[notice.recipient.email],
        headers={
            "Message-ID": f"<{delivery.key}@{sender.rpartition('@')[2] or 'localhost'}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    connection = get_connection(_SMTP, timeout=settings.NOTICE_TIMEOUT_S)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as fault:
        raise Unreachable(_named(fault)) from fault
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as fault:
        code = max((code for code, _words in fault.recipients.values()), default=550)
        raise Refused(f"SMTP {code}", final=code >= 500) from fault
    except smtplib.SMTPResponseException as fault:
        raise Refused(f"SMTP {fault.smtp_code}", final=fault.smtp_code >= 500) from fault
    except (OSError, smtplib.SMTPException) as fault:
        raise Uncertain(_named(fault)) from fault
    finally:
        _hang_up(connection)


def _hang_up(connection: Any) -> None:
    """A line that breaks while it is closed has carried the mail all the same."""
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        connection.connection = None


def _text_of(notice: Notice) -> str:
    """Title and link. What people typed may name somebody, and stays inside the house."""
    where = f"{settings.NOTICE_LINK_BASE}{notice.link}" if settings.NOTICE_LINK_BASE else ""
    return "\n\n".join(filter(None, (notice.title, where)))


def send_webhook(delivery: Delivery) -> None:
    """POST the notice as JSON, signed. Anything but 2xx is refused. Raises ``Refused`` and the like."""
    address = urlsplit(settings.NOTICE_WEBHOOK_URL)
    body = json.dumps(payload_of(delivery), ensure_ascii=False, separators=(",", ":")).encode()
    moment = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": str(delivery.key),
        "X-Notice-Timestamp": moment,
        "X-Notice-Signature": signature_of(settings.NOTICE_WEBHOOK_SECRET, moment, body),
    }
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=settings.NOTICE_TIMEOUT_S)
    try:
        try:
            connection.connect()
        except (OSError, ssl.SSLError) as fault:
            raise Unreachable(_named(fault)) from fault
        try:
            connection.request(
                "POST", address._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers
            )
            answer = connection.getresponse()
            answer.read(_MOST_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as fault:
            raise Uncertain(_named(fault)) from fault
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise Refused(f"HTTP {answer.status}", final=answer.status == http.client.GONE)


def payload_of(delivery: Delivery) -> dict[str, Any]:
    """What a webhook is told: no word that somebody typed, no name but the account it is for."""
    notice = delivery.notice
    return {
        "id": str(delivery.key),
        "topic": notice.topic,
        "topic_title": notice.topic_title,
        "title": notice.title,
        "link": f"{settings.NOTICE_LINK_BASE}{notice.link}",
        "count": notice.count,
        "urgent": notice.urgent,
        "recipient": notice.recipient.username,
        "created_at": notice.created_at.astimezone(UTC).isoformat(timespec="seconds"),
    }


def signature_of(secret: str, moment: str, body: bytes) -> str:
    """HMAC-SHA256 over ``timestamp.body``, as the header carries it."""
    return "sha256=" + hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def _named(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:200]
