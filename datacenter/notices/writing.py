"""Writes notices and plans how they go out (通知写入): one statement for all recipients of a matter."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction

from datacenter.accounts.models import User
from datacenter.accounts.scope import CITY, entered, scope_of
from datacenter.notices import announce
from datacenter.notices.channels import channels_on
from datacenter.notices.models import Delivery
from datacenter.notices.topics import Topic
from datacenter.notices.wishes import wishes_of

_INSERT = """
INSERT INTO notice (recipient_id, county_id, company_id, title, body, link, count,
                    topic, key, urgent, created_at, last_at)
SELECT told.*, %(topic)s, %(key)s, %(urgent)s, %(now)s, %(now)s
FROM unnest(%(to)s::bigint[], %(county)s::text[], %(company)s::bigint[], %(title)s::text[], %(body)s::text[],
            %(link)s::text[], %(count)s::int[]) AS told
"""
_ONCE = f"{_INSERT} ON CONFLICT (recipient_id, key) DO NOTHING RETURNING id, recipient_id, true"
_COUNTED = f"""{_INSERT}
ON CONFLICT (recipient_id, key) DO UPDATE SET
    count = notice.count + EXCLUDED.count, body = EXCLUDED.body, last_at = EXCLUDED.last_at, read_at = NULL,
    title = replace(%(digest)s, '{{count}}', (notice.count + EXCLUDED.count)::text), link = %(list_link)s
RETURNING id, recipient_id, xmax = 0
"""
_KEY_LENGTH = 120
_WAKE_WITHIN_S = 60  # a task that waited longer says nothing that beat has not said


@dataclass(frozen=True, slots=True)
class Letter:
    """What one recipient is told; ``count`` matters at once where they are gathered."""

    to: User
    title: str
    body: str
    link: str
    count: int = 1


def as_the_house() -> AbstractContextManager[None]:
    """Whoever acts, a notice goes into somebody else's box, beyond the actor's own county: written for the city.

    Workers' role is bound by no row-level security and needs no scope.
    """
    return nullcontext() if settings.DATABASE_ROLE == "ingest" else entered(CITY)


def write(letters: Sequence[Letter], topic: Topic, key: str, *, urgent: bool, now: datetime) -> list[int]:
    """Write each letter once for its recipient and ``key``; ids of the notices that are new."""
    return _write(_ONCE, letters, topic, {"key": key, "urgent": urgent, "now": now}, send_at=now)


def count_up(letters: Sequence[Letter], topic: Topic, key: str, *, now: datetime, send_at: datetime) -> list[int]:
    """The same for matters that are gathered: a notice that is there counts up and is unread again."""
    facts = {"key": key, "urgent": False, "now": now, "digest": topic.digest, "list_link": topic.list_link}
    return _write(_COUNTED, letters, topic, facts, send_at=send_at)


def _write(
    statement: str, letters: Sequence[Letter], topic: Topic, facts: dict[str, Any], *, send_at: datetime
) -> list[int]:
    if not letters:
        return []
    if len(facts["key"]) > _KEY_LENGTH:
        raise ValueError(f"too long to tell matters apart by: {facts['key']!r}")
    letters = sorted(letters, key=lambda letter: letter.to.pk)  # two transactions lock the same rows in one order
    scopes = [scope_of(letter.to) for letter in letters]
    columns = {
        "to": [letter.to.pk for letter in letters],
        "county": [scope.id if scope.level == "county" else None for scope in scopes],
        "company": [int(scope.id) if scope.level == "company" else None for scope in scopes],
        "title": [one_line(letter.title, 160) for letter in letters],
        "body": [letter.body.strip()[:600] for letter in letters],
        "link": [our_address(letter.link) for letter in letters],
        "count": [letter.count for letter in letters],
    }
    with transaction.atomic(), as_the_house():
        with connection.cursor() as cursor:
            cursor.execute(statement, {**columns, **facts, "topic": topic.code})
            told = cursor.fetchall()
        fresh = {recipient: notice for notice, recipient, new in told if new}
        if fresh:
            _plan(fresh, topic, urgent=facts["urgent"], send_at=send_at, now=facts["now"])
    if told:
        first = letters[0]
        announce.on_commit(
            [recipient for _, recipient, _ in told],
            topic=topic.code, title=one_line(first.title, 160), link=first.link, urgent=facts["urgent"],
        )  # fmt: skip
    return list(fresh.values())


def _plan(notices: dict[int, int], topic: Topic, *, urgent: bool, send_at: datetime, now: datetime) -> None:
    """A delivery for each channel that is set up and that the recipient wants; ``notices`` by recipient."""
    ready = channels_on()
    if not ready:
        return
    wishes = wishes_of(notices, topic)
    planned = [
        Delivery(notice_id=notice, channel=channel, next_at=wish.earliest(send_at, urgent=urgent))
        for recipient, notice in notices.items()
        if (wish := wishes[recipient])
        for channel in ready
        if channel in wish.channels
    ]
    Delivery.objects.bulk_create(planned)
    for channel in {row.channel for row in planned if row.next_at <= now}:
        wake(channel)


def wake(channel: str) -> None:
    """Have a worker send what is due, once this is committed; beat looks by itself too."""

    def send() -> None:
        current_app.send_task("datacenter.notices.deliver", [channel], expires=_WAKE_WITHIN_S, retry=False)

    transaction.on_commit(send, robust=True)


def one_line(text: str, most: int) -> str:
    """``text`` as a title: one line, so that it can be a mail's subject, cut where it is too long."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def our_address(link: str) -> str:
    """``link`` if it is an address of this house; a fault of the caller otherwise."""
    if not link.startswith("/") or link.startswith(("//", "/\\")) or len(link) > 200:
        raise ValueError(f"no address of ours: {link!r}")
    return link
