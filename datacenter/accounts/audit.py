"""Writes down what an officer looked up or changed (审计)."""

import json
from collections.abc import Sequence
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


def record_each(request: HttpRequest, action: str, subjects: Sequence[str], **detail: Any) -> None:
    """A line for each of many subjects, in one statement: who took a list out looked at every row of it."""
    if not subjects:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_record (at, user_id, action, subject, detail, address, succeeded)"
            " SELECT now(), %s, %s, left(subject, 120), %s::jsonb, %s, true FROM unnest(%s::text[]) subject",
            [
                request.user.pk,
                action,
                json.dumps(detail, ensure_ascii=False, default=str),
                request.META.get("REMOTE_ADDR") or None,
                list(subjects),
            ],
        )
