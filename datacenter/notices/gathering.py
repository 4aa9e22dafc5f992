"""Gathers matters into notices (汇总): one for each recipient, topic and quarter of an hour, with a growing count.

Runs by beat. What is gathered is told and taken off in one transaction, so that each matter is counted once; one
gathering runs at a time.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.notices.audience import users_of
from datacenter.notices.models import PendingMatter
from datacenter.notices.topics import Topic, topics
from datacenter.notices.workflow import Owner, may_be_told
from datacenter.notices.writing import Letter, count_up

_log = logging.getLogger(__name__)

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
        groups: dict[str, dict[str, list[PendingMatter]]] = defaultdict(lambda: defaultdict(list))
        for matter in matters:
            groups[matter.topic][matter.audience].append(matter)
        users = users_of({matter.audience for matter in matters})
        known = {topic.code: topic for topic in topics()}
        for code, by_audience in sorted(groups.items()):
            if topic := known.get(code):
                _tell(topic, by_audience, users, now)
            else:  # of a subsystem that is not installed any more: it must not hold up the others for ever
                _log.warning("matters of the unknown topic %s are dropped", code)
        PendingMatter.objects.filter(pk__in=[matter.pk for matter in matters]).delete()
    return len(matters)


def window_of(moment: datetime) -> datetime:
    """The quarter of an hour that ``moment`` lies in, by its beginning."""
    return datetime.fromtimestamp(moment.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), moment.tzinfo)


def _tell(
    topic: Topic, by_audience: dict[str, list[PendingMatter]], users: dict[str, list[User]], now: datetime
) -> None:
    letters: dict[int, tuple[User, dict[str, PendingMatter]]] = {}
    for audience, matters in by_audience.items():
        for user in users[audience]:
            _, own = letters.setdefault(user.pk, (user, {}))
            own.update(
                (matter.key, matter)
                for matter in matters
                if may_be_told(user, topic, _owner(matter), by_id=matter.by_id)
            )
    begins = window_of(now)
    # It goes out when the quarter is over, so that a mail tells the whole count.
    key = f"{topic.code}:{begins.timestamp():.0f}"
    told = [_letter(user, topic, list(own.values())) for user, own in letters.values() if own]
    count_up(told, topic, key, now=now, send_at=begins + WINDOW)


def _owner(matter: PendingMatter) -> Owner | None:
    return Owner(matter.county_id, matter.company_id) if matter.county_id or matter.company_id else None


def _letter(user: User, topic: Topic, matters: list[PendingMatter]) -> Letter:
    if len(matters) == 1:
        return Letter(user, f"{topic.title}：{matters[0].title}", matters[0].title, matters[0].link)
    named = "；".join(matter.title for matter in matters[-_NAMED:])
    body = f"{named} 等" if len(matters) > _NAMED else named
    title = topic.digest.replace("{count}", str(len(matters)))
    return Letter(user, title, body, topic.list_link, len(matters))
