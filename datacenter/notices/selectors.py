"""Reads of notices (通知查询): one's own, and nobody else's, inside the scope one has now."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.notices.models import Notice
from datacenter.notices.topics import Topic, topics

CAP = 100
"""The bell counts so far and then says 99+: the count of a full box costs no more than that of an empty one."""


def notices_visible_to(user: Any) -> QuerySet[Notice]:
    """The user's own notices, the latest first; those of a county that the user has left are not among them."""
    return scope_of(user).limit(Notice.objects.filter(recipient_id=user.pk)).order_by("-last_at", "-pk")


def unread_of(user: Any) -> int:
    """How many the user has not read, up to ``CAP``."""
    return notices_visible_to(user).filter(read_at=None).order_by()[:CAP].count()


def shown(count: int) -> str:
    """A count as the bell writes it."""
    return f"{CAP - 1}+" if count >= CAP else str(count)


def topics_for(user: Any) -> list[Topic]:
    """Topics that the user may be told of at all, in table order."""
    return [topic for topic in topics() if user.may(topic.right)]


def filtered(rows: QuerySet[Notice], *, unread: bool, topic: str, q: str = "") -> QuerySet[Notice]:
    """``rows`` that the list's filters let through."""
    if unread:
        rows = rows.filter(read_at=None)
    if topic:
        rows = rows.filter(topic=topic)
    if q:
        rows = rows.filter(Q(title__contains=q) | Q(body__contains=q))
    return rows
