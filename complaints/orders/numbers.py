"""Numbers of work orders (工单号): one sequence of the database, so that no number is given twice."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac


def next_number(now: datetime) -> str:
    """The next order's number, ``RX20260102000001``: Shanghai's day and a running number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('complaint_order_number')")
        (running,) = cursor.fetchone()
    return f"RX{timezone.localtime(now):%Y%m%d}{running:06d}"


def new_receipt() -> str:
    """A query code (查询码): eight digits, said by telephone, that nobody guesses in the tries that a page allows."""
    return f"{secrets.randbelow(10**8):08d}"


def receipt_of(sending: str) -> str:
    """The query code of what one sending makes, however often it comes; nobody else can tell it from the sending."""
    return f"{int(salted_hmac('complaints.receipt', sending, algorithm='sha256').hexdigest(), 16) % 10**8:08d}"
