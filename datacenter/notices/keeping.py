"""How long notices are kept (通知保留): a setting in days; what is older goes with its deliveries."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from datacenter.notices.models import Notice

AT_ONCE = 10_000


def forget(now: datetime | None = None) -> int:
    """Delete notices that are older than ``NOTICE_KEEP_DAYS``, in batches; how many."""
    before = (now or timezone.now()) - timedelta(days=settings.NOTICE_KEEP_DAYS)
    gone = 0
    while batch := list(
        Notice.objects.filter(created_at__lt=before).order_by("created_at").values_list("pk")[:AT_ONCE]
    ):
        Notice.objects.filter(pk__in=[pk for (pk,) in batch]).delete()
        gone += len(batch)
    return gone
