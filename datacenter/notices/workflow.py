"""The verbs of notices (通知): tell, tell gathered, read, and what an officer wants sent.

A notice is written in the transaction of what it tells of: both are there or neither. It is written once for each
recipient and matter, for those alone who may see the matter, and never for who did it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg2.extras import execute_values

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.notices import announce
from datacenter.notices.audience import Audience
from datacenter.notices.errors import NoticeNotFound
from datacenter.notices.models import Notice, Preference, QuietHours
from datacenter.notices.selectors import notices_visible_to, topics_for
from datacenter.notices.topics import Topic, topic_of
from datacenter.notices.writing import Letter, as_the_house, one_line, our_address, write

_PENDING = """
INSERT INTO notice_pending (audience, topic, key, title, link, county_id, company_id, by_id, created_at) VALUES %s
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose matter it is: who may not see that county's or company's rows is not told."""

    county_id: str | None = None
    company_id: int | None = None
    vehicle_id: int | None = None

    def shows_to(self, user: User) -> bool:
        """Whether the matter lies inside the user's scope."""
        return scope_of(user).covers(county_id=self.county_id, company_id=self.company_id, vehicle_id=self.vehicle_id)


def tell(
    *,
    recipients: Iterable[User | int],
    topic: str,
    title: str,
    body: str = "",
    link: str,
    key: str,
    urgent: bool = False,
    by: User | None = None,
    about: Owner | None = None,
    now: datetime | None = None,
) -> int:
    """Tell each of ``recipients`` once of the matter ``key``; how many are told now.

    Left out are those who are not active, lack the topic's right, may not see what it is ``about``, or did it
    themselves (``by``). ``link`` is an address of ours. A fixed number of queries, however many recipients.
    """
    subject = topic_of(topic)
    ids = {recipient.pk if isinstance(recipient, User) else recipient for recipient in recipients}
    if not ids:
        return 0
    letters = [
        Letter(user, title, body, link)
        for user in User.objects.filter(pk__in=ids).select_related("unit")
        if may_be_told(user, subject, about, by_id=by.pk if by else None)
    ]
    return len(write(letters, subject, key, urgent=urgent or subject.urgent, now=now or timezone.now()))


def tell_gathered(
    audiences: Sequence[Audience],
    *,
    topic: str,
    title: str,
    link: str,
    key: str,
    about: Owner | None = None,
    by: User | None = None,
) -> None:
    """Tell audiences of one matter among many: it counts into one notice for each quarter of an hour.

    Who belongs to two of them is told once. One INSERT and no look-up: cheap enough for the transaction that stores
    positions.
    """
    if not topic_of(topic).digest:
        raise ValueError(f"{topic} is told one by one")
    owner, now = about or Owner(), timezone.now()
    facts = [topic, key, one_line(title, 160), our_address(link), owner.county_id, owner.company_id]
    rows = [(str(audience), *facts, by.pk if by else None, now) for audience in audiences]
    if rows:
        with as_the_house(), connection.cursor() as cursor:  # half of what the ORM takes
            execute_values(cursor, _PENDING, rows)


def may_be_told(user: User, topic: Topic, about: Owner | None, *, by_id: int | None) -> bool:
    """Whether ``user`` may hear of a matter: has the right, sees it, and did not do it."""
    if user.pk == by_id or not user.may(topic.right) or scope_of(user).level == "none":
        return False
    return about is None or about.shows_to(user)


def read_notice(pk: int, *, by: User) -> Notice:
    """One notice is read (已读). Raises ``NoticeNotFound``."""
    require(by, "notice.view")
    with transaction.atomic():
        notice = notices_visible_to(by).select_for_update().filter(pk=pk).first()
        if notice is None:
            raise NoticeNotFound(pk=pk)
        if notice.read_at is None:
            notice.read_at = timezone.now()
            notice.save(update_fields=["read_at"])
            announce.read_on_commit(by.pk)
    return notice


def read_all(*, by: User, until: datetime, topic: str = "") -> int:
    """All of one's notices as they stood at ``until`` are read: what came or grew since stays unread."""
    require(by, "notice.view")
    rows = notices_visible_to(by).filter(read_at=None, last_at__lte=until)
    if topic:
        rows = rows.filter(topic=topic)
    with transaction.atomic():
        read = rows.order_by().update(read_at=timezone.now())
        if read:
            announce.read_on_commit(by.pk)
    return read


def set_wishes(*, by: User, wanted: Mapping[str, Mapping[str, bool]], quiet: tuple[time, time] | None) -> None:
    """What ``by`` wants sent, by topic and channel, and the quiet hours (通知偏好); topics not theirs are left out."""
    require(by, "notice.view")
    if scope_of(by).level == "none":
        raise NotAllowed(right="notice.view")  # who belongs nowhere is told nothing
    own = {topic.code for topic in topics_for(by)}
    rows = [
        Preference(user=by, topic=code, email=bool(channels.get("email")), webhook=bool(channels.get("webhook")))
        for code, channels in wanted.items()
        if code in own
    ]
    with transaction.atomic():
        Preference.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["user", "topic"], update_fields=["email", "webhook"]
        )
        if quiet is None:
            QuietHours.objects.filter(user=by).update(enabled=False)
        else:
            facts: dict[str, Any] = {"begins": quiet[0], "ends": quiet[1], "enabled": True}
            QuietHours.objects.update_or_create(user=by, defaults=facts)
