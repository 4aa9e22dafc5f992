"""What officers want sent (通知偏好): their own row, else the topic's default; and their quiet hours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from datacenter.notices.models import Channel, Preference, QuietHours
from datacenter.notices.quiet import quiet_until
from datacenter.notices.topics import Topic


@dataclass(frozen=True, slots=True)
class Wish:
    """What one officer wants of one topic."""

    channels: frozenset[str]
    quiet: QuietHours | None

    def earliest(self, moment: datetime, *, urgent: bool) -> datetime:
        """When something may go out: at once, or when the quiet hours around ``moment`` end."""
        if urgent or self.quiet is None:
            return moment
        ends = quiet_until(moment, self.quiet.begins, self.quiet.ends, timezone.get_default_timezone())  # type: ignore[arg-type]
        return ends or moment


def wishes_of(user_ids: Collection[int], topic: Topic) -> dict[int, Wish]:
    """What each of them wants of ``topic``; two queries for all."""
    default = {name for name in Channel.values if getattr(topic, name)}
    rows = {row.user_id: row for row in Preference.objects.filter(user__in=user_ids, topic=topic.code)}
    quiet = {row.user_id: row for row in QuietHours.objects.filter(user__in=user_ids, enabled=True)}
    return {user_id: Wish(frozenset(_chosen(rows.get(user_id), default)), quiet.get(user_id)) for user_id in user_ids}


def _chosen(row: Preference | None, default: set[str]) -> set[str]:
    return default if row is None else {name for name in Channel.values if getattr(row, name)}


def table_of(user: Any, topics: list[Topic]) -> dict[str, dict[str, bool]]:
    """Each topic's channels as ``user`` has set them, or as they are by default."""
    rows = {row.topic: row for row in Preference.objects.filter(user=user)}
    return {
        topic.code: {name: bool(getattr(rows.get(topic.code, topic), name)) for name in Channel.values}
        for topic in topics
    }
