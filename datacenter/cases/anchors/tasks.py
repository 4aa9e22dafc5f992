"""One anchor a day (每日锚定); asked each hour, so that a machine that was off at midnight still anchors its day."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from datacenter.cases.anchors.making import AnchorRefused, anchored_on, make_anchor

log = logging.getLogger(__name__)


@shared_task(name="datacenter.cases.anchor_chains", ignore_result=True)
def anchor_chains() -> None:
    """Anchors today's chains, unless that is done; what refuses is logged and tried again in an hour."""
    if anchored_on(f"{timezone.localdate():%Y-%m-%d}"):
        return
    try:
        make_anchor()
    except AnchorRefused as refusal:
        log.error("chains are not anchored: %s", refusal.message)
