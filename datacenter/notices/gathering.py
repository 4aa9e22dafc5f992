"""Gathers matters into notices (汇总): one for each audience, topic and quarter of an hour, with a growing count.

Runs by beat. What is gathered is told and taken off in one transaction, so that each matter is counted once; one
gathering runs at a time.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from datacenter.notices.audience import Audience
from datacenter.notices.models import PendingMatter
from datacenter.notices.topics import Topic, topic_of
from datacenter.notices.workflow import Owner, may_be_told
from datacenter.notices.writing import Letter, count_up

WINDOW = timedelta(minutes=15)
AT_ONCE = 5_000
_NAMED = 5  # matters that a notice names; the list that it leads to has all
_LOCK = 0x6E6F7469  # "noti"


def gather(now: datetime | None = None) -> int:
    """Tell what waits, up to ``AT_ONCE`` matters; how many were gathered."""
    now = now or timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                return 0
        matters = list(PendingMatter.objects.order_by("pk")[:AT_ONCE])
        groups: dict[tuple[str, str], list[PendingMatter]] = defaultdict(list)
        for matter in matters:
            groups[matter.topic, matter.audience].append(matter)
        for (topic, audience), rows in sorted(groups.items()):
            _tell(topic_of(topic), Audience.read(audience), rows, now)
        PendingMatter.objects.filter(pk__in=[matter.pk for matter in matters]).delete()
    return len(matters)


def window_of(moment: datetime) -> datetime:
    """The quarter of an hour that ``moment`` lies in, by its beginning."""
    return datetime.fromtimestamp(moment.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), moment.tzinfo)


def _tell(topic: Topic, audience: Audience, matters: list[PendingMatter], now: datetime) -> None:
    letters = []
    for user in audience.users():
        own = [matter for matter in matters if may_be_told(user, topic, _owner(matter), by_id=matter.by_id)]
        if own:
            letters.append(_letter(user, topic, own))
    begins = window_of(now)
    # It goes out when the quarter is over, so that a mail tells the whole count.
    key = f"{topic.code}:{audience}:{begins.timestamp():.0f}"
    count_up(letters, topic, key, now=now, send_at=begins + WINDOW)


def _owner(matter: PendingMatter) -> Owner | None:
    return Owner(matter.county_id, matter.company_id) if matter.county_id or matter.company_id else None


def _letter(user: object, topic: Topic, matters: list[PendingMatter]) -> Letter:
    if len(matters) == 1:
        return Letter(user, f"{topic.title}：{matters[0].title}", matters[0].title, matters[0].link)  # type: ignore[arg-type]
    named = "；".join(matter.title for matter in matters[-_NAMED:])
    body = f"{named} 等" if len(matters) > _NAMED else named
    title = topic.digest.replace("{count}", str(len(matters)))
    return Letter(user, title, body, topic.list_link, len(matters))  # type: ignore[arg-type]
