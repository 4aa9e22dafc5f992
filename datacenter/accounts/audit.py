"""Writes down what an officer looked up or changed (审计)."""

import json
from typing import Any

from django.db import connection
from django.http import HttpRequest


def record(
    request: HttpRequest | None,
    action: str,
    subject: str = "",
    *,
    user: Any = None,
    succeeded: bool = True,
    **detail: Any,
) -> None:
    """One line in the audit record; ``subject`` names what it was about, never a person's number.

    Inserts without reading back: everybody adds to this table, only the city's administrators read it.
    """
    user = user or getattr(request, "user", None)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_record (at, user_id, action, subject, detail, address, succeeded)"
            " VALUES (now(), %s, %s, %s, %s, %s, %s)",
            [
                user.pk if user is not None and user.is_authenticated else None,
                action,
                subject[:120],
                json.dumps(detail, ensure_ascii=False, default=str),
                (request.META.get("REMOTE_ADDR") or None) if request else None,
                succeeded,
            ],
        )
